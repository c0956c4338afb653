-- A return that an operator is to decide about. Its units count as returned from now on;
-- returned_within_bought refuses more than were bought.
--
-- $1 return_id text  $2 buyer_id text  $3 order_id text  $4 reason text  $5 sku text[]  $6 quantity integer[]
WITH asked AS (
  SELECT * FROM unnest($5::text[], $6::integer[]) AS asked (sku, quantity)
),
raised AS (
  UPDATE order_items SET returned = returned + asked.quantity
  FROM asked
  WHERE order_items.buyer_id = $2 AND order_items.order_id = $3 AND order_items.sku = asked.sku
),
listed AS (
  INSERT INTO return_items (return_id, buyer_id, sku, quantity) SELECT $1, $2, sku, quantity FROM asked
)
INSERT INTO returns (return_id, buyer_id, order_id, sale_id, reason)
SELECT $1, buyer_id, order_id, sale_id, $4 FROM orders WHERE buyer_id = $2 AND order_id = $3
RETURNING created_at;
