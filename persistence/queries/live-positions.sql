-- Where the relays of sales that live stand.
--
-- takes nothing
SELECT sales.id, sale_relays.position
FROM sales JOIN sale_relays ON sale_relays.sale_id = sales.id
WHERE sales.published_at IS NOT NULL
  AND (sales.state NOT IN ('closed', 'sold_out') OR sale_relays.relayed_at > now() - interval '1 hour');
