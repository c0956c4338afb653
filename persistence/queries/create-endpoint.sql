-- Another place to send webhooks to.
--
-- $1 endpoint_id text  $2 url text  $3 secret text  $4 types text[] or null
INSERT INTO webhook_endpoints (endpoint_id, url, secret, types) VALUES ($1, $2, $3, $4) RETURNING created_at;
