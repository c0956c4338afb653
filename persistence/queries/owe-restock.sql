-- Units of an order that are to go back on sale; a worker moves them.
--
-- $1 restock_id text  $2 buyer_id text  $3 order_id text  $4 sku text[]  $5 quantity integer[]
INSERT INTO restocks (restock_id, buyer_id, sku, order_id, sale_id, reservation_id, quantity)
SELECT $1, orders.buyer_id, owed.sku, orders.order_id, orders.sale_id, orders.reservation_id, owed.quantity
FROM orders, unnest($4::text[], $5::integer[]) AS owed (sku, quantity)
WHERE orders.buyer_id = $2 AND orders.order_id = $3;
