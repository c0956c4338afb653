-- Keeps what was found of a sale: what is new is added, what is known is seen again.
--
-- $1 sale_id text  $2 kind text[]  $3 subject text[]  $4 detail text[]  $5 evidence text[], each a JSON object
INSERT INTO discrepancies (sale_id, kind, subject, detail, evidence)
SELECT $1, found.kind, found.subject, found.detail, found.evidence::jsonb
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS found (kind, subject, detail, evidence)
-- In one order, so that two who look at once wait for each other, and not crosswise.
ORDER BY found.kind, found.subject
ON CONFLICT (sale_id, kind, subject) WHERE gone_at IS NULL
  DO UPDATE SET seen_at = now(), detail = excluded.detail;
