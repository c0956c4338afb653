-- Events that providers told of, each once. One that is about nothing of ours is done with at once; a refund that is told
-- of is due to be looked at, whatever its pause.
--
-- $1 provider text[]  $2 event_id text[]  $3 type text[]  $4 payment_id text[], null where it names none
-- $5 refund_id text[], likewise  $6 the provider's name for the payment text[], null where it gives none
-- coalesce() keeps the plan from the partial index over every refund that is open.
WITH taken AS (
  INSERT INTO provider_events (provider, event_id, type, payment_id, refund_id, provider_reference, acted_at)
  SELECT provider, event_id, type, payment_id, refund_id, provider_reference,
    CASE WHEN payment_id IS NULL AND refund_id IS NULL THEN now() END
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
    AS event (provider, event_id, type, payment_id, refund_id, provider_reference)
  ORDER BY provider, event_id
  ON CONFLICT DO NOTHING
  RETURNING refund_id
),
told AS MATERIALIZED (
  SELECT refunds.refund_id, refunds.buyer_id
  FROM taken JOIN refunds ON refunds.refund_id = taken.refund_id
  WHERE coalesce(refunds.state, '') = 'initiated'
  ORDER BY refunds.refund_id
  FOR NO KEY UPDATE OF refunds
)
UPDATE refunds SET looks = 0, looks_again_at = now()
FROM told
WHERE refunds.refund_id = told.refund_id AND refunds.buyer_id = told.buyer_id;
