-- Makes a delivery due at once, whatever came of it; not where its endpoint was removed.
--
-- $1 delivery_id text
UPDATE deliveries
SET state = CASE WHEN endpoint.deleted_at IS NULL THEN 'pending' ELSE state END,
  next_attempt_at = CASE WHEN endpoint.deleted_at IS NULL THEN now() ELSE next_attempt_at END
FROM webhook_endpoints AS endpoint
WHERE deliveries.delivery_id = $1 AND endpoint.endpoint_id = deliveries.endpoint_id
RETURNING delivery_id, endpoint.deleted_at IS NOT NULL AS is_removed;
