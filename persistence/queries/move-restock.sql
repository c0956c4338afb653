-- Moves returned units one step: the guard falls where they enter the sale and rises where they turned out to
-- have been too late for it, and the ledger has its entry. Returns the units that were moved; a step that was
-- made before makes none.
--
-- $1 restock_id text  $2 buyer_id text  $3 from state text  $4 to state text
-- $5 change of the guard a unit: -1, 0 or 1, integer
-- $6 kind of the entry text  $7 source account text  $8 destination account text
WITH moved AS MATERIALIZED (
  UPDATE restocks SET state = $4
  WHERE restock_id = $1 AND buyer_id = $2 AND state = $3
  RETURNING sku, quantity, order_id, sale_id
),
locked AS MATERIALIZED (
  SELECT sale_items.sku
  FROM sale_items JOIN moved ON sale_items.sale_id = moved.sale_id AND sale_items.sku = moved.sku
  WHERE $5::integer <> 0
  ORDER BY sale_items.sku
  FOR NO KEY UPDATE OF sale_items
),
guard AS (
  UPDATE sale_items SET committed = committed + $5::integer * moved.quantity
  FROM moved JOIN locked ON locked.sku = moved.sku
  WHERE sale_items.sale_id = moved.sale_id AND sale_items.sku = moved.sku
),
entry AS (
  INSERT INTO ledger_transactions (kind, sale_id, order_id, reference)
  SELECT $6, sale_id, order_id, $1 FROM moved GROUP BY sale_id, order_id
  RETURNING id
),
posted AS (
  INSERT INTO postings (transaction_id, line, source, destination, asset, amount)
  SELECT entry.id, row_number() OVER (ORDER BY moved.sku) - 1, $7, $8, 'unit/' || moved.sku, moved.quantity
  FROM entry CROSS JOIN moved
)
SELECT sku, quantity FROM moved;
