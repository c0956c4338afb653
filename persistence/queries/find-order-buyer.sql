-- Whose an order is, for somebody who knows its id alone.
--
-- $1 number of its sale, integer  $2 order_id text
SELECT orders.buyer_id
FROM sales JOIN orders ON orders.sale_id = sales.id
WHERE sales.number = $1 AND orders.order_id = $2;
