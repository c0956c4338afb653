-- Sold: what was confirmed in Postgres, and what Redis would have to hear of if it were there.
--
-- $1 sale_id text  $2 how many, integer
UPDATE slow_reservations AS hold SET state = 'confirmed', attempt_id = paid.payment_id, pinned_until = NULL
FROM (
  SELECT unheard.reservation_id, unheard.payment_id
  FROM unconfirmed_holds AS unheard
    JOIN slow_reservations AS known
      ON known.sale_id = $1 AND known.reservation_id = unheard.reservation_id AND known.state = 'held'
  WHERE unheard.sale_id = $1
  LIMIT $2
) AS paid
WHERE hold.sale_id = $1 AND hold.reservation_id = paid.reservation_id AND hold.state = 'held'
RETURNING hold.reservation_id, hold.buyer_id, hold.items, hold.attempt_id,
  (extract(epoch FROM hold.deadline) * 1000)::bigint AS deadline_ms;
