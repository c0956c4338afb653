-- A delivery that is due, with where it goes. No row where it is done, or not due yet.
--
-- $1 delivery_id text
SELECT deliveries.endpoint_id, deliveries.message_id, deliveries.payload, deliveries.attempts, endpoint.url,
  endpoint.secret, endpoint.deleted_at IS NOT NULL AS is_removed
FROM deliveries JOIN webhook_endpoints AS endpoint ON endpoint.endpoint_id = deliveries.endpoint_id
WHERE deliveries.delivery_id = $1 AND coalesce(deliveries.state, '') = 'pending'
  AND deliveries.next_attempt_at <= now();
