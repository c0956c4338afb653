-- A payment that had ended without money, and whose provider took some after all: a person is asked. Returns
-- it where this is news.
--
-- $1 payment_id text  $2 what was found text
UPDATE payments
SET unresolved = $2,
  saga = saga || jsonb_build_object('step', 'unresolved', 'at', now(), 'reason', $2::text)
WHERE payment_id = $1 AND coalesce(state, '') IN ('declined', 'voided', 'abandoned') AND unresolved IS NULL
RETURNING payment_id;
