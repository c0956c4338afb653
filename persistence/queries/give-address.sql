-- Where an order is to be sent. One that has an address stays in its country and region: shipping and tax were worked
-- out for those, and paid.
--
-- $1 buyer_id text  $2 order_id text  $3 address json text
UPDATE orders SET shipping_address = $3::jsonb
WHERE buyer_id = $1 AND order_id = $2
  AND (shipping_address IS NULL
    OR (shipping_address ->> 'country' = $3::jsonb ->> 'country'
      AND shipping_address ->> 'region' IS NOT DISTINCT FROM $3::jsonb ->> 'region'))
RETURNING order_id;
