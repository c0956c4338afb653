-- A new coupon. Returns no row where the code is taken.
--
-- $1 code text  $2 percent_off integer or null  $3 amount_off_minor bigint or null
-- $4 minimum_minor bigint or null  $5 currency text or null
-- $6 uses_max integer or null  $7 uses_per_buyer_max integer or null
-- $8 valid_from ms bigint or null  $9 valid_until ms bigint or null  $10 on_sale_items boolean
INSERT INTO coupons (
  code, percent_off, amount_off_minor, minimum_minor, currency, uses_max, uses_per_buyer_max, valid_from,
  valid_until, on_sale_items
)
VALUES (
  $1, $2, $3, $4, $5, $6, $7, to_timestamp($8::bigint / 1000.0), to_timestamp($9::bigint / 1000.0), $10
)
ON CONFLICT (code) DO NOTHING
RETURNING code;
