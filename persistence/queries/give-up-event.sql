-- An event that nothing could be found out about is done with, and a person is asked about its payment, besides what they
-- are asked already. Returns the payment where this is news.
--
-- $1 provider text  $2 event_id text  $3 payment_id text  $4 why a person has to decide text
WITH given_up AS MATERIALIZED (
  UPDATE provider_events SET acted_at = now()
  WHERE provider = $1 AND event_id = $2 AND acted_at IS NULL
  RETURNING event_id
)
UPDATE payments
SET unresolved = concat_ws(', ', payments.unresolved, $4::text),
  saga = saga || jsonb_build_object('step', 'unresolved', 'at', now(), 'reason', $4::text)
WHERE payment_id = $3 AND EXISTS (SELECT FROM given_up)
RETURNING payment_id;
