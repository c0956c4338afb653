-- The second commit of payments that moved no money: declined payments, the reason on their pending
-- orders, and final answers. The orders stay pending while their holds last. Only an initiated payment is
-- settled, so a repeat changes nothing; where nobody was asked, only under the latest claim, since whoever
-- claimed it later may be asking. Returns the payments that this call settled.
--
-- $1 payment_id text[]  $2 buyer_id text[]  $3 provider_reference text[], null where there is none
-- $4 decline_code text[]
-- $5 final body text[], each the JSON of a 402  $6 provider text[]  $7 who found out text[]
-- $8 fence integer[], of the claim under which nobody was asked, null where the provider or a person decided
WITH outcome AS MATERIALIZED (
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
      $8::integer[])
    AS outcome (payment_id, buyer_id, provider_reference, decline_code, body, provider, by, fence)
),
-- coalesce() keeps the plan from starting at a partial index over every payment in that state.
declined AS (
  UPDATE payments
  SET state = 'declined', provider = outcome.provider, provider_reference = outcome.provider_reference,
    decline_code = outcome.decline_code, payment_token = NULL, payment_tokens = NULL, next_action = NULL,
    unresolved = NULL, lease_until = NULL, settled_at = now(),
    saga = payments.saga || jsonb_build_object(
      'step', 'settle', 'outcome', 'declined', 'code', outcome.decline_code, 'at', now(), 'by', outcome.by)
  FROM outcome
  WHERE payments.payment_id = outcome.payment_id AND payments.buyer_id = outcome.buyer_id
    AND coalesce(payments.state, '') = 'initiated' AND coalesce(payments.fence = outcome.fence, true)
  RETURNING payments.payment_id, payments.buyer_id, payments.order_id, payments.idempotency_key,
    outcome.decline_code, outcome.body
),
told AS (
  UPDATE orders
  SET last_payment_error = jsonb_build_object('code', 'payment_declined', 'declineCode', declined.decline_code)
  FROM declined
  WHERE orders.buyer_id = declined.buyer_id AND orders.order_id = declined.order_id
    AND orders.status = 'pending'
),
answered AS (
  UPDATE idempotency_keys SET status = 402, body = declined.body::json, final_at = now()
  FROM declined
  WHERE idempotency_keys.buyer_id = declined.buyer_id AND idempotency_keys.operation = 'pay'
    AND idempotency_keys.key = declined.idempotency_key
)
SELECT payment_id FROM declined;
