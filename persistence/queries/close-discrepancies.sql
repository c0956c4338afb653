-- What is open of a sale and was not found any more is gone.
--
-- $1 sale_id text  $2 kind text[] and $3 subject text[] of what was found  $4 kinds that were looked for text[]
UPDATE discrepancies SET gone_at = now()
WHERE sale_id = $1 AND gone_at IS NULL AND kind = ANY ($4::text[])
  AND NOT EXISTS (
    SELECT FROM unnest($2::text[], $3::text[]) AS found (kind, subject)
    WHERE found.kind = discrepancies.kind AND found.subject = discrepancies.subject
  );
