-- Events that providers told of, each once. One that is about nothing of ours is done with at once.
--
-- $1 provider text[]  $2 event_id text[]  $3 type text[]  $4 payment_id text[], null where it names none
-- $5 refund_id text[], likewise
INSERT INTO provider_events (provider, event_id, type, payment_id, refund_id, acted_at)
SELECT provider, event_id, type, payment_id, refund_id,
  CASE WHEN payment_id IS NULL AND refund_id IS NULL THEN now() END
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
  AS event (provider, event_id, type, payment_id, refund_id)
ORDER BY provider, event_id
ON CONFLICT DO NOTHING;
