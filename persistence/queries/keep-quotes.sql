-- What holds cost, as it is said to their buyers. The same quote again changes nothing.
--
-- $1 quote_id text[]  $2 buyer_id text[]  $3 sale_id text[]  $4 reservation_id text[]
-- $5 lines text[], each a JSON array  $6 currency text[]
-- $7 subtotal_minor bigint[]  $8 discount_minor bigint[]  $9 shipping_minor bigint[]  $10 tax_minor bigint[]
-- $11 total_minor bigint[]  $12 coupon_code text[], null where there is none
-- $13 shipping_address text[], $14 billing_address text[]: each a JSON object, or null
-- $15 warnings text[], each a JSON array  $16 locked_until ms bigint[]
-- $17 replaces text[]: the quote before it, or null
INSERT INTO quotes (
  quote_id, buyer_id, sale_id, reservation_id, lines, currency, subtotal_minor, discount_minor,
  shipping_minor, tax_minor, total_minor, coupon_code, shipping_address, billing_address, warnings,
  locked_until, replaces
)
SELECT quote_id, buyer_id, sale_id, reservation_id, lines::jsonb, currency, subtotal_minor, discount_minor,
  shipping_minor, tax_minor, total_minor, coupon_code, shipping_address::jsonb, billing_address::jsonb,
  warnings::jsonb, to_timestamp(locked_until_ms / 1000.0), replaces
FROM unnest(
  $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[],
  $9::bigint[], $10::bigint[], $11::bigint[], $12::text[], $13::text[], $14::text[], $15::text[],
  $16::bigint[], $17::text[]
) AS quote (
  quote_id, buyer_id, sale_id, reservation_id, lines, currency, subtotal_minor, discount_minor,
  shipping_minor, tax_minor, total_minor, coupon_code, shipping_address, billing_address, warnings,
  locked_until_ms, replaces
)
ON CONFLICT (quote_id, buyer_id) DO NOTHING;
