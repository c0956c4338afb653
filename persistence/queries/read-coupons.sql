-- Coupons by code.
--
-- $1 only this code text, or null  $2 only codes after this text, or null  $3 how many, integer
SELECT code, percent_off, amount_off_minor, minimum_minor, currency, uses_max, uses_per_buyer_max,
  valid_from, valid_until, on_sale_items, uses
FROM coupons
WHERE code >= coalesce($1, $2, '') AND ($1::text IS NULL OR code = $1) AND ($2::text IS NULL OR code > $2)
ORDER BY code
LIMIT $3;
