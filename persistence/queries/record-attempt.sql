-- What came of an attempt, and when the next one is due; one that another worker counted first is not counted.
--
-- $1 delivery_id text  $2 attempts before it, integer  $3 state text  $4 pause until the next in ms, bigint
-- $5 duration in ms, integer  $6 status of the answer, integer or null  $7 error text or null
WITH counted AS (
  UPDATE deliveries
  SET attempts = $2::integer + 1, state = $3, next_attempt_at = now() + $4::bigint * interval '1 millisecond'
  WHERE delivery_id = $1 AND attempts = $2::integer AND coalesce(state, '') = 'pending'
  RETURNING delivery_id, attempts
)
INSERT INTO delivery_attempts (delivery_id, attempt, duration_ms, status, error)
SELECT delivery_id, attempts, $5, $6, $7 FROM counted;
