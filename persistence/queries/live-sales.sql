-- Published sales in which something may still happen: by their state, by a hold that may live on after
-- they ended, or by a payment that is not settled or not heard of in Redis; those that somebody asked for and
-- Redis did not know; and those that ended however long ago, while Redis was away: that are in Postgres still, owe
-- units to general stock, or have not heard of a return. In a busy one something happened a moment ago, or may at any.
-- With 5,000 ended sales of five SKUs each it takes 29 ms, of which 20 for what they owe to general stock.
--
-- takes nothing
SELECT sales.id,
  sales.state IN ('open', 'paused') OR sale_relays.relayed_at > now() - interval '10 seconds' AS is_busy,
  sales.method <> 'none' AND sales.state IN ('waiting', 'open', 'paused') AS takes_entrants
FROM sales JOIN sale_relays ON sale_relays.sale_id = sales.id
WHERE sales.published_at IS NOT NULL
  AND (
    sales.state NOT IN ('closed', 'sold_out')
    OR sale_relays.relayed_at > now() - interval '1 hour' - sales.hold_ms * interval '1 millisecond'
    OR sales.sought_at > now() - interval '1 minute'
    OR sales.mode = 'slow'
    OR sales.id IN (SELECT sale_id FROM payments WHERE state = 'initiated')
    OR sales.id IN (SELECT sale_id FROM unconfirmed_holds)
    OR sales.id IN (SELECT sale_id FROM restocks WHERE state = 'to_sale')
    -- As in ended-sales.sql.
    OR sales.id IN (
      SELECT rest.sale_id
      FROM sale_items AS known JOIN sale_items AS rest ON rest.sku = known.sku AND rest.units > rest.committed
      WHERE known.sale_id = '_general'
    )
  )
ORDER BY sales.id;
