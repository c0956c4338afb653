-- Keeps the final answer of an idempotency key, in the transaction that did what it says.
--
-- $1 buyer_id text  $2 operation text  $3 key text  $4 fingerprint text  $5 order_id text  $6 status integer
-- $7 body text, JSON
INSERT INTO idempotency_keys (buyer_id, operation, key, fingerprint, order_id, status, body, final_at)
VALUES ($1, $2, $3, $4, $5, $6, $7::json, now());
