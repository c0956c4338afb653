-- Sends nothing there any more: what was still to be sent has failed, and its last attempt, which nobody made, says
-- why.
--
-- $1 endpoint_id text  $2 why they are not sent, text
WITH removed AS (
  UPDATE webhook_endpoints SET deleted_at = now() WHERE endpoint_id = $1 AND deleted_at IS NULL
  RETURNING endpoint_id
), ended AS (
  UPDATE deliveries SET state = 'failed', attempts = attempts + 1
  FROM removed
  WHERE deliveries.endpoint_id = removed.endpoint_id AND state = 'pending'
  RETURNING delivery_id, attempts
), noted AS (
  INSERT INTO delivery_attempts (delivery_id, attempt, duration_ms, error)
  SELECT delivery_id, attempts, 0, $2::text FROM ended
)
SELECT endpoint_id FROM removed;
