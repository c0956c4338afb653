-- What the journal alone says of a sale, by account and asset, and how many of its transactions do not sum to
-- zero.
--
-- $1 sale_id text
WITH entry AS MATERIALIZED (
  SELECT ledger_entries.transaction_id, ledger_entries.account, ledger_entries.asset, ledger_entries.amount
  FROM ledger_transactions JOIN ledger_entries ON ledger_entries.transaction_id = ledger_transactions.id
  WHERE ledger_transactions.sale_id = $1
)
SELECT
  (SELECT count(*) FROM ledger_transactions WHERE sale_id = $1) AS transactions,
  (SELECT count(DISTINCT transaction_id) FROM (
    SELECT transaction_id FROM entry GROUP BY transaction_id, asset HAVING sum(amount) <> 0
  ) AS unbalanced) AS unbalanced,
  coalesce((SELECT jsonb_agg(jsonb_build_object('account', account, 'asset', asset, 'amount', amount)
      ORDER BY account, asset)
    FROM (SELECT account, asset, sum(amount)::bigint AS amount FROM entry GROUP BY account, asset) AS balance),
    '[]') AS balances;
