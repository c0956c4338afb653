-- Deliveries with their attempts, newest first: ids sort by creation.
--
-- $1 only this delivery_id text, or null  $2 only deliveries before this delivery_id text, or null
-- $3 how many, integer
SELECT page.delivery_id, page.endpoint_id, page.message_id, page.type, page.state, page.next_attempt_at,
  page.created_at, coalesce(attempts.attempts, '[]') AS attempts
FROM (
    SELECT * FROM deliveries
    WHERE delivery_id > '' AND ($1::text IS NULL OR delivery_id = $1)
      AND ($2::text IS NULL OR delivery_id < $2)
    ORDER BY delivery_id DESC
    LIMIT $3
  ) AS page
  LEFT JOIN LATERAL (
    SELECT jsonb_agg(to_jsonb(delivery_attempts) ORDER BY attempt) AS attempts FROM delivery_attempts
    WHERE delivery_id = page.delivery_id
  ) AS attempts ON true
ORDER BY page.delivery_id DESC;
