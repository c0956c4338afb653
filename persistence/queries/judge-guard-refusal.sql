-- Judges why the guard refused an order, in one snapshot. Redis sells units that come back at once, and the guard
-- falls when the relay has told of their return: until it has come past the hold, nothing is wrong. Where it
-- has, and the units still do not fit, the first lock had failed, which is kept.
-- Returns whether it had.
--
-- $1 payment_id text  $2 sale_id text  $3 order_id text  $4 reservation_id text
-- $5 sku text[]  $6 quantity integer[]
WITH need AS (
  SELECT sku, sum(quantity) AS quantity FROM unnest($5::text[], $6::integer[]) AS line (sku, quantity) GROUP BY sku
),
judged AS MATERIALIZED (
  SELECT EXISTS (
    SELECT FROM reservation_events
    WHERE sale_id = $2 AND reservation_id = $4 AND type = 'reservation.held'
  ) AND EXISTS (
    SELECT FROM need LEFT JOIN sale_items ON sale_items.sale_id = $2 AND sale_items.sku = need.sku
    WHERE sale_items.sku IS NULL OR sale_items.committed + need.quantity > sale_items.units
  ) AS has_failed
),
kept AS (
  INSERT INTO guard_refusals (payment_id, sale_id, order_id)
  SELECT $1, $2, $3 FROM judged WHERE has_failed
  ON CONFLICT DO NOTHING
)
SELECT has_failed FROM judged;
