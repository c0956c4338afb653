-- Gives claims back without an outcome. Only the latest claim counts: an older fence changes nothing. The first reason
-- why a person has to decide stays until none has to.
--
-- $1 payment_id text[]  $2 fence integer[]  $3 nobody was asked boolean[]
-- $4 the next look in milliseconds integer[]  $5 why a person has to decide text[], null where none has
-- $6 the key was seen to be over boolean[]
UPDATE payments
SET lease_until = now(), looks_again_at = now() + released.pause_ms * interval '1 millisecond',
  asked = CASE WHEN released.is_unasked THEN NULL ELSE payments.asked END,
  asked_at = CASE WHEN released.is_unasked THEN NULL ELSE payments.asked_at END,
  key_over_at = coalesce(payments.key_over_at, CASE WHEN released.is_key_over THEN now() END),
  unresolved = CASE
    WHEN released.unresolved IS NOT NULL THEN coalesce(payments.unresolved, released.unresolved)
  END,
  saga = CASE
    WHEN released.unresolved IS NULL OR payments.unresolved IS NOT NULL THEN payments.saga
    ELSE payments.saga || jsonb_build_object('step', 'unresolved', 'at', now(), 'reason', released.unresolved)
  END
FROM unnest($1::text[], $2::integer[], $3::boolean[], $4::integer[], $5::text[], $6::boolean[])
  AS released (payment_id, fence, is_unasked, pause_ms, unresolved, is_key_over)
WHERE payments.payment_id = released.payment_id AND payments.fence = released.fence
  AND coalesce(payments.state, '') = 'initiated'
RETURNING payments.payment_id;
