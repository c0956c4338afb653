-- The first commit of payments whose orders are new: idempotency key, pending order with its items and
-- history, initiated payment, and the guard (`committed` rises; committed_within_units refuses).
-- Returns the payments that were begun. One that is left out changed nothing: its key, order or attempt is
-- known already, its epoch is over, or its coupon is used up. Rows are locked in one order by everybody: sale
-- (shared), coupons by code, keys, orders, sale items by SKU.
--
-- $1 payment_id text[]          $2 order_id text[]           $3 order_number text[]
-- $4 reservation_id text[]      $5 sale_id text[]            $6 epoch integer[]
-- $7 buyer_id text[]            $8 idempotency key text[]    $9 fingerprint text[]
-- $10 currency text[]           $11 subtotal_minor bigint[]  $12 discount_minor bigint[]
-- $13 shipping_minor bigint[]   $14 tax_minor bigint[]       $15 total_minor bigint[]
-- $16 coupon_code text[], null where there is none
-- $17 shipping_address text[], $18 billing_address text[]: each a JSON object, or null
-- $19 payment_method text[]     $20 payment_token text[]
-- $21 lines text[], each a JSON array of {line, sku, title, quantity, unit_price_minor, line_total_minor}
-- $22 payment_tokens text[], each a JSON object of provider and token, or null
-- $23 buyer_email text[], null where there is none  $24 request_id text[]
WITH intent AS MATERIALIZED (
  SELECT * FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::integer[], $7::text[], $8::text[],
    $9::text[], $10::text[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[],
    $16::text[], $17::text[], $18::text[], $19::text[], $20::text[], $21::text[], $22::text[],
    $23::text[], $24::text[]
  ) AS intent (
    payment_id, order_id, order_number, reservation_id, sale_id, epoch, buyer_id, key,
    fingerprint, currency, subtotal_minor, discount_minor, shipping_minor, tax_minor, total_minor,
    coupon_code, shipping_address, billing_address, payment_method, payment_token, lines, payment_tokens,
    buyer_email, request_id
  )
),
-- A change of epoch waits until this is committed, or this waits and then sees it.
believed AS MATERIALIZED (
  SELECT sales.id, sales.epoch
  FROM sales JOIN (SELECT DISTINCT sale_id, epoch FROM intent) AS named
    ON named.sale_id = sales.id AND named.epoch = sales.epoch
  ORDER BY sales.id
  FOR KEY SHARE OF sales
),
fresh AS MATERIALIZED (
  SELECT intent.*
  FROM intent JOIN believed ON believed.id = intent.sale_id AND believed.epoch = intent.epoch
  WHERE (SELECT true FROM orders
         WHERE orders.buyer_id = intent.buyer_id AND orders.order_id = intent.order_id LIMIT 1) IS NULL
    AND (SELECT true FROM payments
         WHERE payments.buyer_id = intent.buyer_id AND payments.payment_id = intent.payment_id LIMIT 1) IS NULL
),
coupon AS MATERIALIZED (
  SELECT coupons.code, coupons.uses_max - coupons.uses AS uses_left, coupons.uses_per_buyer_max
  FROM coupons JOIN (SELECT DISTINCT coupon_code FROM fresh WHERE coupon_code IS NOT NULL) AS named
    ON named.coupon_code = coupons.code
  ORDER BY coupons.code
  FOR NO KEY UPDATE OF coupons
),
-- Of those that want the same coupon no more than are left of it.
affordable AS MATERIALIZED (
  SELECT fresh.*, NULL::integer AS uses_left, NULL::integer AS uses_per_buyer_max, 1::bigint AS place
  FROM fresh WHERE coupon_code IS NULL
  UNION ALL
  SELECT * FROM (
    SELECT fresh.*, coupon.uses_left, coupon.uses_per_buyer_max,
      row_number() OVER (PARTITION BY fresh.coupon_code ORDER BY fresh.payment_id) AS place
    FROM fresh JOIN coupon ON coupon.code = fresh.coupon_code
  ) AS wanting
  WHERE place <= coalesce(uses_left, place)
),
new_key AS (
  INSERT INTO idempotency_keys (buyer_id, operation, key, fingerprint, order_id, payment_id)
  SELECT buyer_id, 'pay', key, fingerprint, order_id, payment_id FROM affordable ORDER BY buyer_id, key
  ON CONFLICT DO NOTHING
  RETURNING payment_id
),
begun AS MATERIALIZED (
  SELECT * FROM affordable WHERE coalesce(payment_id IN (SELECT payment_id FROM new_key), false)
),
used AS (
  UPDATE coupons SET uses = coupons.uses + taken.uses
  FROM (
    SELECT coupon_code, count(*)::integer AS uses FROM begun WHERE coupon_code IS NOT NULL GROUP BY coupon_code
  ) AS taken
  WHERE coupons.code = taken.coupon_code
),
used_by_buyer AS (
  INSERT INTO coupon_buyers (code, buyer_id, uses, uses_max)
  SELECT coupon_code, buyer_id, count(*), min(uses_per_buyer_max)
  FROM begun WHERE uses_per_buyer_max IS NOT NULL
  GROUP BY coupon_code, buyer_id ORDER BY coupon_code, buyer_id
  ON CONFLICT (code, buyer_id) DO UPDATE SET uses = coupon_buyers.uses + excluded.uses
),
line AS MATERIALIZED (
  SELECT begun.buyer_id, begun.order_id, begun.sale_id, line.*
  FROM begun, jsonb_to_recordset(begun.lines::jsonb) AS line (
    line integer, sku text, title text, quantity integer, unit_price_minor bigint, line_total_minor bigint
  )
),
new_order AS (
  INSERT INTO orders (
    buyer_id, order_id, order_number, sale_id, reservation_id, currency, subtotal_minor, discount_minor,
    shipping_minor, tax_minor, total_minor, coupon_code, shipping_address, billing_address,
    buyer_email
  )
  SELECT buyer_id, order_id, order_number, sale_id, reservation_id, currency, subtotal_minor, discount_minor,
    shipping_minor, tax_minor, total_minor, coupon_code, shipping_address::jsonb, billing_address::jsonb,
    buyer_email
  FROM begun ORDER BY buyer_id, order_id
),
new_items AS (
  INSERT INTO order_items (
    buyer_id, order_id, line, sku, title, quantity, unit_price_minor, line_total_minor
  )
  SELECT buyer_id, order_id, line, sku, title, quantity, unit_price_minor, line_total_minor FROM line
),
new_history AS (
  INSERT INTO order_history (buyer_id, order_id, from_status, to_status, by)
  SELECT buyer_id, order_id, NULL, 'pending', 'buyer' FROM begun
),
new_payment AS (
  INSERT INTO payments (
    buyer_id, payment_id, order_id, sale_id, idempotency_key, state, amount_minor, currency,
    payment_method, payment_token, payment_tokens, request_id
  )
  SELECT buyer_id, payment_id, order_id, sale_id, key, 'initiated', total_minor, currency,
    payment_method, payment_token, payment_tokens::jsonb, request_id
  FROM begun
),
need AS MATERIALIZED (
  SELECT sale_id, sku, sum(quantity) AS quantity FROM line GROUP BY sale_id, sku
),
locked AS MATERIALIZED (
  SELECT sale_items.sale_id, sale_items.sku
  FROM sale_items JOIN need ON need.sale_id = sale_items.sale_id AND need.sku = sale_items.sku
  ORDER BY sale_items.sale_id, sale_items.sku
  FOR NO KEY UPDATE OF sale_items
),
guard AS (
  UPDATE sale_items SET committed = committed + need.quantity
  FROM need JOIN locked ON locked.sale_id = need.sale_id AND locked.sku = need.sku
  WHERE sale_items.sale_id = need.sale_id AND sale_items.sku = need.sku
  RETURNING sale_items.sku
)
SELECT begun.payment_id
FROM begun, assert_fact(
  (SELECT count(*) FROM guard) = (SELECT count(*) FROM need), 'a_line_is_of_an_item_of_its_sale'
);
