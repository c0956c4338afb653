-- Indices of a sale's waiting room that were skipped, or whose owners nobody has heard of: those between others that
-- the journal knows. What lies behind the last one is not among them.
--
-- $1 sale_id text
SELECT through AS "from", next AS "to"
FROM (
  SELECT max(first_index + octet_length(places) / 12) OVER taken AS through, lead(first_index) OVER taken AS next
  FROM place_events
  WHERE sale_id = $1 AND first_index IS NOT NULL
  WINDOW taken AS (ORDER BY first_index)
) AS runs
WHERE next > through
ORDER BY 1;
