-- Indices of a sale's waiting room that were skipped, or whose owners nobody has heard of: those before others that
-- the journal knows. What lies behind the last one is not among them.
--
-- $1 sale_id text
SELECT through AS "from", first_index AS "to"
FROM (
  SELECT first_index, coalesce(max(first_index + octet_length(places) / 12) OVER before, 0) AS through
  FROM place_events
  WHERE sale_id = $1 AND first_index IS NOT NULL
  WINDOW before AS (ORDER BY first_index ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
) AS runs
WHERE first_index > through
ORDER BY 1;
