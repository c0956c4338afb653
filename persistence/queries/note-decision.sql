-- What a person decided about a payment, and why; it waits for nobody any more, and who still acts on it is
-- fenced off.
--
-- $1 payment_id text  $2 outcome text  $3 who, text  $4 why, text
-- $5 what was paid back past the provider, minor units, or null where that is no question
UPDATE payments
SET unresolved = NULL, fence = fence + 1, lease_until = NULL, looks_again_at = NULL,
  saga = saga || jsonb_strip_nulls(jsonb_build_object('step', 'decided', 'outcome', $2::text, 'at', now(),
    'by', $3::text, 'reason', $4::text, 'paidBackOutside', $5::bigint))
WHERE payment_id = $1;
