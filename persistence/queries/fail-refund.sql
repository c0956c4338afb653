-- A refund that the provider refused for good: its amount may be refunded in another way.
--
-- $1 refund_id text  $2 buyer_id text  $3 failure_code text
-- coalesce() keeps the plan from the partial index over every refund that is open.
WITH failed AS (
  UPDATE refunds SET state = 'failed', failure_code = $3, settled_at = now()
  WHERE refund_id = $1 AND buyer_id = $2 AND coalesce(state, '') = 'initiated'
  RETURNING buyer_id, payment_id, amount_minor
)
UPDATE payments SET refunding_minor = refunding_minor - failed.amount_minor
FROM failed
WHERE payments.buyer_id = failed.buyer_id AND payments.payment_id = failed.payment_id
RETURNING payments.payment_id;
