-- Where an order is to be sent.
--
-- $1 buyer_id text  $2 order_id text  $3 address json text
UPDATE orders SET shipping_address = $3::jsonb WHERE buyer_id = $1 AND order_id = $2;
