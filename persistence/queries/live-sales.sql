-- Published sales in which something may still happen: by their state, by a hold that may live on after
-- they ended, or by a payment that is not settled or not heard of in Redis; and those that somebody asked for and
-- Redis did not know. In a busy one something happened a moment ago, or may at any.
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
    OR sales.id IN (SELECT sale_id FROM payments WHERE state = 'initiated')
    OR sales.id IN (SELECT sale_id FROM unconfirmed_holds)
  )
ORDER BY sales.id;
