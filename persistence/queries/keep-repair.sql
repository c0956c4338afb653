-- Keeps what was done about a discrepancy, and that it was tried.
--
-- $1 sale_id text  $2 kind text  $3 subject text  $4 found jsonb text  $5 done text
WITH tried AS (
  UPDATE discrepancies SET tried_at = now()
  WHERE sale_id = $1 AND kind = $2 AND subject = $3 AND gone_at IS NULL
)
INSERT INTO repairs (sale_id, kind, subject, found, done) VALUES ($1, $2, $3, $4::jsonb, $5);
