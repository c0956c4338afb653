-- Where webhooks are sent.
--
-- takes nothing
SELECT endpoint_id, url, types, created_at FROM webhook_endpoints WHERE deleted_at IS NULL
ORDER BY created_at, endpoint_id;
