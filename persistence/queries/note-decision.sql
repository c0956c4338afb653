-- What a person decided about a payment, and why; it waits for nobody any more, and who still acts on it is
-- fenced off.
--
-- $1 payment_id text  $2 outcome text  $3 who, text  $4 why, text
UPDATE payments
SET unresolved = NULL, fence = fence + 1, lease_until = NULL, looks_again_at = NULL,
  saga = saga || jsonb_build_object('step', 'decided', 'outcome', $2::text, 'at', now(), 'by', $3::text,
    'reason', $4::text)
WHERE payment_id = $1;
