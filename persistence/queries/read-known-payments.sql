-- What is known about payments that were not begun, one row an intent, in order.
--
-- $1 payment_id text[]  $2 order_id text[]  $3 sale_id text[]  $4 buyer_id text[]  $5 idempotency key text[]
-- $6 coupon_code text[], null where there is none
SELECT
  stored.fingerprint AS key_fingerprint,
  stored.status AS key_status,
  stored.body AS key_body,
  attempt.next_action,
  attempt.state AS attempt_state,
  known_order.status AS order_status,
  known_order.total_minor AS order_total_minor,
  known_order.currency AS order_currency,
  live.payment_id AS live_payment_id,
  coalesce(coupon.is_used_up, false) AS coupon_is_used_up,
  sale.epoch AS sale_epoch
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
  WITH ORDINALITY AS intent (payment_id, order_id, sale_id, buyer_id, key, coupon_code, place)
  LEFT JOIN LATERAL (
    SELECT fingerprint, status, body FROM idempotency_keys
    WHERE buyer_id = intent.buyer_id AND operation = 'pay' AND key = intent.key LIMIT 1
  ) AS stored ON true
  LEFT JOIN LATERAL (
    SELECT state, next_action FROM payments
    WHERE buyer_id = intent.buyer_id AND payment_id = intent.payment_id LIMIT 1
  ) AS attempt ON true
  LEFT JOIN LATERAL (
    SELECT status, total_minor, currency FROM orders
    WHERE buyer_id = intent.buyer_id AND order_id = intent.order_id LIMIT 1
  ) AS known_order ON true
  LEFT JOIN LATERAL (
    SELECT payment_id FROM payments
    WHERE buyer_id = intent.buyer_id AND order_id = intent.order_id
      AND state IN ('initiated', 'authorized', 'captured') LIMIT 1
  ) AS live ON true
  LEFT JOIN LATERAL (
    SELECT coupons.uses >= coupons.uses_max AS is_used_up
    FROM coupons WHERE coupons.code = intent.coupon_code LIMIT 1
  ) AS coupon ON true
  LEFT JOIN LATERAL (SELECT epoch FROM sales WHERE id = intent.sale_id LIMIT 1) AS sale ON true
ORDER BY place;
