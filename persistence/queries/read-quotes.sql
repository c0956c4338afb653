-- Quotes of buyers, one row a question, in order; nulls where there is none.
--
-- $1 quote_id text[]  $2 buyer_id text[]
SELECT quote.*
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (quote_id, buyer_id, place)
  LEFT JOIN LATERAL (
    SELECT quote_id, buyer_id, sale_id, reservation_id, lines, currency, subtotal_minor, discount_minor,
      shipping_minor, tax_minor, total_minor, coupon_code, shipping_address, billing_address, warnings,
      locked_until, replaces
    FROM quotes WHERE quotes.quote_id = asked.quote_id AND quotes.buyer_id = asked.buyer_id LIMIT 1
  ) AS quote ON true
ORDER BY place;
