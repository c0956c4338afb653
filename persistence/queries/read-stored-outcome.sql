-- What is stored for an idempotency key; no row where the key was never accepted.
--
-- $1 buyer_id text  $2 operation text  $3 key text
SELECT fingerprint, status, body, payment.next_action
FROM idempotency_keys LEFT JOIN LATERAL (
    SELECT next_action FROM payments
    WHERE payments.payment_id = idempotency_keys.payment_id AND payments.buyer_id = idempotency_keys.buyer_id
    LIMIT 1
  ) AS payment ON true
WHERE buyer_id = $1 AND operation = $2 AND key = $3;
