-- The first commit of another attempt on orders that are pending still, after a decline: idempotency key and
-- initiated payment. The guard and the price stay as the first attempt left them. Returns the payments that were
-- begun; one that is left out changed nothing, also where the order costs more than was expected. one_payment_at_a_time refuses a second attempt beside the first.
--
-- $1 payment_id text[]  $2 order_id text[]          $3 sale_id text[]      $4 epoch integer[]
-- $5 buyer_id text[]    $6 idempotency key text[]   $7 fingerprint text[]  $8 currency text[]
-- $9 expected_minor bigint[], null where any  $10 payment_method text[]  $11 payment_token text[]
-- $12 payment_tokens text[], each a JSON object of provider and token, or null  $13 request_id text[]
WITH intent AS MATERIALIZED (
  SELECT * FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::integer[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::bigint[], $10::text[], $11::text[], $12::text[], $13::text[]
  ) AS intent (
    payment_id, order_id, sale_id, epoch, buyer_id, key, fingerprint, currency, expected_minor,
    payment_method, payment_token, payment_tokens, request_id
  )
),
believed AS MATERIALIZED (
  SELECT sales.id, sales.epoch
  FROM sales JOIN (SELECT DISTINCT sale_id, epoch FROM intent) AS named
    ON named.sale_id = sales.id AND named.epoch = sales.epoch
  ORDER BY sales.id
  FOR KEY SHARE OF sales
),
-- Waits for whoever is settling or failing the order, and then takes it only if it is pending still.
pending_order AS MATERIALIZED (
  SELECT intent.*, locked.total_minor
  FROM (
      SELECT intent.*
      FROM intent JOIN believed ON believed.id = intent.sale_id AND believed.epoch = intent.epoch
      ORDER BY intent.buyer_id, intent.order_id
    ) AS intent
    CROSS JOIN LATERAL (
      SELECT orders.total_minor FROM orders
      WHERE orders.buyer_id = intent.buyer_id AND orders.order_id = intent.order_id
        AND orders.status = 'pending' AND orders.currency = intent.currency
        AND coalesce(orders.total_minor <= intent.expected_minor, true)
      FOR NO KEY UPDATE OF orders
    ) AS locked
),
new_key AS (
  INSERT INTO idempotency_keys (buyer_id, operation, key, fingerprint, order_id, payment_id)
  SELECT buyer_id, 'pay', key, fingerprint, order_id, payment_id FROM pending_order ORDER BY buyer_id, key
  ON CONFLICT DO NOTHING
  RETURNING payment_id
),
new_payment AS (
  INSERT INTO payments (
    buyer_id, payment_id, order_id, sale_id, idempotency_key, state, amount_minor, currency,
    payment_method, payment_token, payment_tokens, request_id
  )
  SELECT buyer_id, payment_id, order_id, sale_id, key, 'initiated', total_minor, currency,
    payment_method, payment_token, payment_tokens::jsonb, request_id
  FROM pending_order WHERE coalesce(payment_id IN (SELECT payment_id FROM new_key), false)
  RETURNING payment_id
)
SELECT payment_id FROM new_payment;
