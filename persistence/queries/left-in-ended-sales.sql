-- Sales that have ended with units of a SKU left, which go back into general stock once nobody holds or pays there any
-- more. Returned units that Redis does not take for good are not among them: they come back to nobody.
--
-- $1 sku text  $2 how long Redis may have refused them, in milliseconds, integer
SELECT rest.sale_id
FROM sale_items AS rest JOIN sales ON sales.id = rest.sale_id
WHERE rest.sku = $1 AND sales.state IN ('closed', 'sold_out') AND sales.published_at IS NOT NULL
  AND rest.units - rest.committed > (
    SELECT coalesce(sum(refused.quantity), 0) FROM restocks AS refused
    WHERE refused.sale_id = rest.sale_id AND refused.sku = $1 AND refused.state = 'to_sale'
      AND refused.refused_since <= now() - $2::integer * interval '1 millisecond'
  )
LIMIT 1;
