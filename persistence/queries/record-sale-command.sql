-- The operator's decision to open or close a sale, before Redis hears of it. The first one counts. Opening
-- brings the times forward, here as in Redis.
--
-- $1 id text  $2 command text
UPDATE sales
SET open_commanded_at = CASE WHEN $2 = 'open' THEN coalesce(open_commanded_at, now()) ELSE open_commanded_at END,
  opens_at = CASE WHEN $2 = 'open' AND state IN ('scheduled', 'waiting') THEN least(opens_at, now()) ELSE opens_at END,
  waiting_opens_at = CASE
    WHEN $2 = 'open' AND state IN ('scheduled', 'waiting') THEN least(waiting_opens_at, now())
    ELSE waiting_opens_at
  END,
  close_commanded_at = CASE WHEN $2 = 'close' THEN coalesce(close_commanded_at, now()) ELSE close_commanded_at END
WHERE id = $1
RETURNING id;
