-- What a hold costs, as it is said to its buyer. The same quote again changes nothing.
--
-- $1 quote_id text  $2 buyer_id text  $3 sale_id text  $4 reservation_id text
-- $5 lines json text  $6 currency text
-- $7 subtotal_minor bigint  $8 discount_minor bigint  $9 shipping_minor bigint  $10 tax_minor bigint
-- $11 total_minor bigint
-- $12 shipping_address json text or null  $13 billing_address json text or null
-- $14 warnings json text  $15 locked_until ms bigint
INSERT INTO quotes (
  quote_id, buyer_id, sale_id, reservation_id, lines, currency, subtotal_minor, discount_minor,
  shipping_minor, tax_minor, total_minor, shipping_address, billing_address, warnings, locked_until
)
VALUES (
  $1, $2, $3, $4, $5::jsonb, $6, $7, $8, $9, $10, $11, $12::jsonb, $13::jsonb, $14::jsonb,
  to_timestamp($15::bigint / 1000.0)
)
ON CONFLICT (quote_id, buyer_id) DO NOTHING;
