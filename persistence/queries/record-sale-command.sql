-- The operator's decision to open or close a sale, before Redis hears of it. The first one counts.
--
-- $1 id text  $2 command text
UPDATE sales
SET open_commanded_at = CASE WHEN $2 = 'open' THEN coalesce(open_commanded_at, now()) ELSE open_commanded_at END,
  close_commanded_at = CASE WHEN $2 = 'close' THEN coalesce(close_commanded_at, now()) ELSE close_commanded_at END
WHERE id = $1
RETURNING id;
