-- What is stored for an idempotency key; no row where the key was never accepted.
--
-- $1 buyer_id text  $2 operation text  $3 key text
SELECT fingerprint, status, body
FROM idempotency_keys
WHERE buyer_id = $1 AND operation = $2 AND key = $3;
