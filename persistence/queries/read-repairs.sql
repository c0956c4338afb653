-- What was repaired of a sale, newest first.
--
-- $1 sale_id text  $2 how many, integer
SELECT kind, subject, done, repaired_at FROM repairs WHERE sale_id = $1 ORDER BY id DESC LIMIT $2;
