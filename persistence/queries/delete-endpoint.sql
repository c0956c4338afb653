-- Sends nothing there any more, not even what is on its way.
--
-- $1 endpoint_id text
WITH removed AS (
  UPDATE webhook_endpoints SET deleted_at = now() WHERE endpoint_id = $1 AND deleted_at IS NULL
  RETURNING endpoint_id
)
SELECT endpoint_id FROM removed;
