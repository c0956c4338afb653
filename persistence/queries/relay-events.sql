-- Commits events of a sale's outbox together with the relay's position, and what follows from them: an
-- order whose hold ended is failed, and its units fall from the guard; a hold that Redis confirmed is no
-- longer unheard of. All of it only if the position is still the one that was read from,
-- the events are not of an epoch before the last rebuild, and the sale's epoch did not move on into another life of
-- Redis meanwhile: that one may have lost them.
-- Returns the orders that failed, each with the payment that was tried last, and one row with nulls, or no row at all
-- where another relay was first.
--
-- $1 sale_id text  $2 position read from text  $3 position of the last event text
-- $4 position_ms bigint[]  $5 position_n bigint[]  $6 type text[]  $7 at_ms bigint[]  $8 epoch integer[]
-- $9 reservation_id text[]  $10 buyer_id text[]  $11 turn bigint[]  $12 items text[]
-- $13 deadline_ms bigint[]  $14 attempt_id text[]  $15 first_index bigint[]  $16 places, base64, text[]
-- $17 whether the state of the sale is moved in the same commit, boolean
-- $18 run_id of the Redis that said so, text; null: whichever the sale is in
WITH relay AS MATERIALIZED (
  SELECT sale_id FROM sale_relays
  WHERE sale_id = $1 AND position = $2 AND rebuilt_epoch <= ALL ($8)
  FOR UPDATE
),
-- The relay is locked before the sale, as by a rebuild, and no other epoch begins before the commit.
believed AS MATERIALIZED (
  SELECT sales.id FROM sales JOIN relay ON relay.sale_id = sales.id
  WHERE $18::text IS NULL OR sales.redis_run_id IS NULL OR sales.redis_run_id = $18
  FOR KEY SHARE OF sales
),
moved AS MATERIALIZED (
  UPDATE sale_relays SET position = $3, relayed_at = now()
  FROM believed WHERE sale_relays.sale_id = believed.id
  RETURNING sale_id
),
event AS MATERIALIZED (
  SELECT moved.sale_id, event.*
  FROM moved, unnest(
    $4::bigint[], $5::bigint[], $6::text[], $7::bigint[], $8::integer[], $9::text[], $10::text[],
    $11::bigint[], $12::text[], $13::bigint[], $14::text[], $15::bigint[], $16::text[]
  ) AS event (
    position_ms, position_n, type, at_ms, epoch, reservation_id, buyer_id, turn, items, deadline_ms,
    attempt_id, first_index, places
  )
),
journaled AS (
  INSERT INTO reservation_events (
    sale_id, position_ms, position_n, type, at, epoch, reservation_id, buyer_id, turn, items, deadline,
    attempt_id
  )
  SELECT sale_id, position_ms, position_n, type, to_timestamp(at_ms / 1000.0), epoch, reservation_id,
    buyer_id, turn, items, to_timestamp(deadline_ms / 1000.0), attempt_id
  FROM event
  WHERE places IS NULL
),
placed AS (
  INSERT INTO place_events (sale_id, position_ms, position_n, at, epoch, first_index, places)
  SELECT sale_id, position_ms, position_n, to_timestamp(at_ms / 1000.0), epoch, first_index,
    decode(places, 'base64')
  FROM event
  WHERE places IS NOT NULL
),
heard AS (
  DELETE FROM unconfirmed_holds USING event
  WHERE event.type = 'reservation.confirmed' AND unconfirmed_holds.reservation_id = event.reservation_id
),
failed AS (
  UPDATE orders SET status = 'failed'
  FROM event
  WHERE event.type IN ('reservation.expired', 'reservation.released')
    AND orders.buyer_id = event.buyer_id
    AND orders.order_id = 'ord_' || substr(event.reservation_id, 5)
    AND orders.status = 'pending'
  RETURNING orders.buyer_id, orders.order_id, orders.order_number, orders.last_payment_error, orders.coupon_code,
    event.type, event.attempt_id
),
told AS (
  INSERT INTO order_history (buyer_id, order_id, from_status, to_status, by, reason)
  SELECT buyer_id, order_id, 'pending', 'failed', 'reservation', type FROM failed
),
freed AS MATERIALIZED (
  SELECT item.sku, sum(item.quantity) AS quantity
  FROM failed CROSS JOIN LATERAL (
    SELECT sku, quantity FROM order_items
    WHERE buyer_id = failed.buyer_id AND order_id = failed.order_id OFFSET 0
  ) AS item
  GROUP BY item.sku
),
-- The row whose state is moved afterwards, then coupons, then sale items: in the order of everybody.
sale AS MATERIALIZED (
  SELECT sales.id FROM sales JOIN moved ON moved.sale_id = sales.id WHERE $17::boolean FOR NO KEY UPDATE OF sales
),
-- Given back by gives_coupons_back afterwards.
coupon AS MATERIALIZED (
  SELECT coupons.code
  FROM coupons JOIN (SELECT DISTINCT coupon_code FROM failed WHERE coupon_code IS NOT NULL) AS named
    ON named.coupon_code = coupons.code
  WHERE (SELECT count(*) FROM sale) >= 0
  ORDER BY coupons.code
  FOR NO KEY UPDATE OF coupons
),
locked AS MATERIALIZED (
  SELECT sale_items.sku
  FROM sale_items JOIN freed ON freed.sku = sale_items.sku
  WHERE sale_items.sale_id = $1 AND (SELECT count(*) FROM coupon) >= 0
  ORDER BY sale_items.sku
  FOR NO KEY UPDATE OF sale_items
),
guard AS (
  UPDATE sale_items SET committed = committed - freed.quantity
  FROM freed JOIN locked ON locked.sku = freed.sku
  WHERE sale_items.sale_id = $1 AND sale_items.sku = freed.sku
)
SELECT order_id, buyer_id, order_number, attempt_id AS payment_id, last_payment_error FROM failed
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL FROM moved;
