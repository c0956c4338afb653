-- What is open of a sale, oldest first.
--
-- $1 sale_id text
SELECT kind, subject, detail, evidence, found_at, seen_at, tried_at
FROM discrepancies WHERE sale_id = $1 AND gone_at IS NULL ORDER BY id;
