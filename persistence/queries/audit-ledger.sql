-- What the ledger says of a sale: transactions that do not sum to zero (by construction there are none),
-- the money it received, and through where everything is sealed.
--
-- $1 sale_id text
SELECT
  count(*) FILTER (WHERE summed.is_unbalanced) AS unbalanced,
  coalesce(sum(summed.revenue_minor), 0)::bigint AS revenue_minor,
  (SELECT through_id::text FROM ledger_seals WHERE number > 0 ORDER BY number DESC LIMIT 1) AS sealed_through
FROM ledger_transactions CROSS JOIN LATERAL (
    SELECT coalesce(bool_or(of_asset.total <> 0), false) AS is_unbalanced,
      coalesce(sum(of_asset.revenue_minor), 0) AS revenue_minor
    FROM (
      SELECT sum(amount) AS total,
        sum(amount) FILTER (WHERE account = 'sale/' || $1 || '/revenue') AS revenue_minor
      FROM ledger_entries
      WHERE transaction_id = ledger_transactions.id
      GROUP BY asset
    ) AS of_asset
  ) AS summed
WHERE ledger_transactions.sale_id = $1;
