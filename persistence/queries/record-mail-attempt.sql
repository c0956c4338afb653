-- What came of an attempt, and when the next one is due; nothing where somebody else has begun another one.
--
-- $1 mail_id text  $2 attempt, integer  $3 state text  $4 pause until the next in ms, bigint
-- $5 duration in ms, integer  $6 reply code, integer or null  $7 error text or null
WITH counted AS (
  UPDATE mails
  SET state = $3, next_attempt_at = now() + $4::bigint * interval '1 millisecond'
  WHERE mail_id = $1 AND attempts = $2::integer AND coalesce(state, '') = 'pending'
  RETURNING mail_id, attempts
)
INSERT INTO mail_attempts (mail_id, attempt, duration_ms, status, error)
SELECT mail_id, attempts, $5, $6, $7 FROM counted;
