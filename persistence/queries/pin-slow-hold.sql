-- Pins a hold of a slow sale for one payment: it does not expire until that is committed, or fenced off. Returns
-- it, or no row where it is not to be had: it ended, another payment is under way, or this one has ended.
--
-- $1 sale_id text  $2 epoch integer  $3 reservation_id text  $4 buyer_id text  $5 payment_id text
-- $6 lease in milliseconds, integer
UPDATE slow_reservations AS hold
SET attempt_id = $5, pinned_until = now() + $6::integer * interval '1 millisecond'
FROM sales
WHERE sales.id = $1 AND sales.mode = 'slow' AND sales.epoch = $2
  AND hold.sale_id = $1 AND hold.reservation_id = $3 AND hold.buyer_id = $4 AND hold.state = 'held'
  AND (
    hold.attempt_id = $5 AND hold.pinned_until IS NOT NULL
    OR hold.deadline > now() AND (
      hold.pinned_until IS NULL
      OR EXISTS (SELECT FROM payments WHERE payment_id = hold.attempt_id AND payments.buyer_id = $4)
    )
  )
  AND NOT EXISTS (
    SELECT FROM payments
    WHERE payments.buyer_id = $4 AND payments.order_id = 'ord_' || substr($3, 5)
      AND payments.state IN ('initiated', 'authorized', 'captured', 'refunded') AND payments.payment_id <> $5
  )
  AND NOT EXISTS (
    SELECT FROM payments
    WHERE payments.payment_id = $5 AND payments.buyer_id = $4
      AND payments.state IN ('declined', 'voided', 'abandoned')
  )
RETURNING hold.items, (extract(epoch FROM hold.deadline) * 1000)::bigint AS deadline_ms, hold.quote_id;
