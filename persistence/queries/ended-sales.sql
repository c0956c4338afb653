-- Sales that have ended with units that nobody bought, of SKUs that general stock knows.
--
-- takes nothing
SELECT DISTINCT sales.id
FROM sales
  JOIN sale_items AS rest ON rest.sale_id = sales.id AND rest.units > rest.committed
  JOIN sale_items AS known ON known.sale_id = '_general' AND known.sku = rest.sku
WHERE sales.state IN ('closed', 'sold_out') AND sales.published_at IS NOT NULL;
