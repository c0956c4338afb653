-- Coupons, and how often a buyer has used them where there is a limit to that; one row a question, in order,
-- nulls where there is none. A buyer's order of the same sale that is still to be paid counts for nothing: what is asked
-- for takes its place.
--
-- $1 code text[]  $2 buyer_id text[]  $3 sale_id text[]
SELECT coupon.*, own.uses AS uses_to_replace, coalesce(held.uses, 0) AS uses_by_buyer
FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS asked (code, buyer_id, sale_id, place)
  LEFT JOIN LATERAL (
    SELECT code, percent_off, amount_off_minor, minimum_minor, currency, uses_max, uses_per_buyer_max,
      valid_from, valid_until, on_sale_items, uses
    FROM coupons WHERE coupons.code = asked.code LIMIT 1
  ) AS coupon ON true
  LEFT JOIN LATERAL (
    SELECT uses FROM coupon_buyers
    WHERE coupon_buyers.code = asked.code AND coupon_buyers.buyer_id = asked.buyer_id LIMIT 1
  ) AS held ON true
  CROSS JOIN LATERAL (
    SELECT count(*)::integer AS uses FROM orders
    WHERE orders.buyer_id = asked.buyer_id AND orders.sale_id = asked.sale_id AND orders.status = 'pending'
      AND orders.coupon_code = asked.code
  ) AS own
ORDER BY place;
