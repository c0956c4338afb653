-- Lets a hold of a slow sale name another price, as long as nobody pays it. Returns it, or no row.
--
-- $1 sale_id text  $2 reservation_id text  $3 buyer_id text  $4 quote_id text
UPDATE slow_reservations AS hold SET quote_id = $4
FROM sales
WHERE sales.id = $1 AND sales.mode = 'slow'
  AND hold.sale_id = $1 AND hold.reservation_id = $2 AND hold.buyer_id = $3
  AND hold.state = 'held' AND hold.deadline > now()
  AND (
    hold.pinned_until IS NULL
    OR EXISTS (SELECT FROM payments WHERE payment_id = hold.attempt_id AND payments.buyer_id = $3)
  )
  AND NOT EXISTS (
    SELECT FROM payments
    WHERE payments.buyer_id = $3 AND payments.order_id = 'ord_' || substr($2, 5)
      AND payments.state IN ('initiated', 'authorized', 'captured', 'refunded')
  )
RETURNING hold.reservation_id;
