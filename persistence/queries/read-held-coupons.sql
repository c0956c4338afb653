-- Coupons, and how often a buyer has used them where there is a limit to that; one row a question, in order,
-- nulls where there is none.
--
-- $1 code text[]  $2 buyer_id text[]
SELECT coupon.*, coalesce(held.uses, 0) AS uses_by_buyer
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (code, buyer_id, place)
  LEFT JOIN LATERAL (
    SELECT code, percent_off, amount_off_minor, minimum_minor, currency, uses_max, uses_per_buyer_max,
      valid_from, valid_until, on_sale_items, uses
    FROM coupons WHERE coupons.code = asked.code LIMIT 1
  ) AS coupon ON true
  LEFT JOIN LATERAL (
    SELECT uses FROM coupon_buyers
    WHERE coupon_buyers.code = asked.code AND coupon_buyers.buyer_id = asked.buyer_id LIMIT 1
  ) AS held ON true
ORDER BY place;
