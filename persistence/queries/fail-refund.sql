-- A refund that the provider refused for good: its amount may be refunded in another way, and a person is asked, because
-- it is owed. Order and return stay where they are. Only an initiated one fails so, so a repeat changes nothing; returns
-- the payment where this is news.
--
-- $1 refund_id text  $2 buyer_id text  $3 failure_code text  $4 why a person has to decide text
-- coalesce() keeps the plan from the partial index over every refund that is open.
WITH failed AS (
  UPDATE refunds SET state = 'failed', failure_code = $3, settled_at = now()
  WHERE refund_id = $1 AND buyer_id = $2 AND coalesce(state, '') = 'initiated'
  RETURNING buyer_id, payment_id, amount_minor
)
UPDATE payments
SET refunding_minor = refunding_minor - failed.amount_minor,
  unresolved = concat_ws(', ', payments.unresolved, $4::text),
  saga = saga || jsonb_build_object('step', 'unresolved', 'at', now(), 'reason', $4::text)
FROM failed
WHERE payments.buyer_id = failed.buyer_id AND payments.payment_id = failed.payment_id
RETURNING payments.payment_id;
