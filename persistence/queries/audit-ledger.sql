-- What the ledger says of a sale: transactions that do not sum to zero (by construction there are none),
-- the money it received, and through where everything is sealed.
--
-- $1 sale_id text
SELECT
  (SELECT count(*) FROM (
     SELECT FROM ledger_transactions JOIN ledger_entries ON transaction_id = ledger_transactions.id
     WHERE sale_id = $1 GROUP BY transaction_id, asset HAVING sum(amount) <> 0
   ) AS unbalanced) AS unbalanced,
  (SELECT coalesce(sum(
     CASE WHEN destination = 'sale/' || $1 || '/revenue' THEN amount ELSE -amount END), 0)::bigint
   FROM ledger_transactions JOIN postings ON postings.transaction_id = ledger_transactions.id
   WHERE sale_id = $1 AND 'sale/' || $1 || '/revenue' IN (source, destination)) AS revenue_minor,
  (SELECT through_id::text FROM ledger_seals ORDER BY number DESC LIMIT 1) AS sealed_through;
