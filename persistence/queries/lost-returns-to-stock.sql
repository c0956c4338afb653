-- Whether units of a SKU are on their way back into general stock: given back by its own orders, or by those of sales
-- that have ended. What Redis does not take for good comes back to nobody.
--
-- $1 sku text  $2 how long Redis may have refused them, in milliseconds, integer
SELECT restocks.restock_id
FROM restocks JOIN sales ON sales.id = restocks.sale_id
WHERE restocks.sku = $1 AND restocks.state IN ('owed', 'to_sale')
  AND (restocks.sale_id = '_general' OR sales.state IN ('sold_out', 'closed'))
  AND coalesce(restocks.refused_since > now() - $2::integer * interval '1 millisecond', true)
LIMIT 1;
