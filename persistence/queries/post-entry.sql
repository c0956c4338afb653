-- Posts the entry that an order, refund, return or late payment should have had. an_order_is_posted_once refuses
-- a second one. Returns its id; no row where somebody posted it meanwhile.
--
-- $1 kind text  $2 sale_id text  $3 order_id text  $4 payment_id text or null  $5 reference text or null
-- $6 source text[]  $7 destination text[]  $8 asset text[]  $9 amount bigint[]
WITH entry AS (
  INSERT INTO ledger_transactions (kind, sale_id, order_id, payment_id, reference)
  VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT DO NOTHING
  RETURNING id
),
moved AS (
  INSERT INTO postings (transaction_id, line, source, destination, asset, amount)
  SELECT entry.id, posting.place - 1, posting.source, posting.destination, posting.asset, posting.amount
  FROM entry, unnest($6::text[], $7::text[], $8::text[], $9::bigint[])
    WITH ORDINALITY AS posting (source, destination, asset, amount, place)
)
SELECT id FROM entry;
