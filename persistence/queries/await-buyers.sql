-- Payments that wait for their buyers (3-D Secure): where that is done, and until when; no person has to decide about
-- them. The first word about it stays. Returns those that this call wrote.
--
-- $1 payment_id text[]  $2 fence integer[]  $3 provider text[]  $4 provider_reference text[]
-- $5 url text[]  $6 how long to wait in milliseconds, integer  $7 the next look in milliseconds, integer
UPDATE payments
SET next_action = jsonb_build_object('type', 'redirect', 'url', waiting.url),
  action_until = now() + $6::integer * interval '1 millisecond',
  provider = waiting.provider, provider_reference = waiting.provider_reference, unresolved = NULL,
  lease_until = now(), looks_again_at = now() + $7::integer * interval '1 millisecond',
  saga = payments.saga || jsonb_build_object('step', 'charge', 'outcome', 'requires_action', 'at', now())
FROM unnest($1::text[], $2::integer[], $3::text[], $4::text[], $5::text[])
  AS waiting (payment_id, fence, provider, provider_reference, url)
WHERE payments.payment_id = waiting.payment_id AND payments.fence = waiting.fence
  AND coalesce(payments.state, '') = 'initiated' AND payments.next_action IS NULL
RETURNING payments.payment_id;
