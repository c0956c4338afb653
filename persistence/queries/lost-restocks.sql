-- Units that are owed to sales or to general stock and are due to be looked at, a row a return, the longest waiting
-- first.
--
-- $1 how many, integer
SELECT restocks.restock_id, restocks.buyer_id, restocks.sale_id, restocks.reservation_id, restocks.state,
  restocks.looks, sales.state IN ('sold_out', 'closed') AS has_sale_ended,
  jsonb_agg(jsonb_build_object('sku', restocks.sku, 'quantity', restocks.quantity) ORDER BY restocks.sku)
    AS items
FROM restocks JOIN sales ON sales.id = restocks.sale_id
WHERE restocks.state IN ('owed', 'to_sale') AND restocks.looks_again_at <= now()
GROUP BY restocks.restock_id, restocks.buyer_id, restocks.sale_id, restocks.reservation_id, restocks.state,
  restocks.looks, sales.state
ORDER BY min(restocks.looks_again_at)
LIMIT $1;
