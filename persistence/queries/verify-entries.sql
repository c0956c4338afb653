-- What the journal says of a sale against what its other rows say it should: expected postings follow from
-- sale_items, orders, payments, refunds and restocks, posted ones are what is there. A row for each account
-- where they differ, and none where they agree.
--
-- $1 sale_id text
WITH confirmed AS MATERIALIZED (
  -- An order that was confirmed once is in the journal for good, whatever became of it later.
  SELECT orders.buyer_id, orders.order_id, orders.currency, orders.total_minor
  FROM orders
  WHERE orders.sale_id = $1
    AND (orders.status NOT IN ('pending', 'failed', 'cancelled') OR EXISTS (
      SELECT FROM order_history AS moved
      WHERE moved.buyer_id = orders.buyer_id AND moved.order_id = orders.order_id AND moved.to_status = 'confirmed'
    ))
),
of_confirmed AS MATERIALIZED (
  SELECT payment.* FROM confirmed CROSS JOIN LATERAL (
    SELECT payment_id, order_id, provider, currency, amount_minor FROM payments
    WHERE payments.buyer_id = confirmed.buyer_id AND payments.order_id = confirmed.order_id
      AND payments.sale_id = $1 AND payments.state IN ('captured', 'refunded') OFFSET 0
  ) AS payment
),
-- EXCEPT sorts or hashes. A join was planned from the statistics of before the rush, as a loop in a loop.
late AS MATERIALIZED (
  SELECT payment_id, order_id, provider, currency, amount_minor FROM payments
  WHERE sale_id = $1 AND state IN ('captured', 'refunded')
  EXCEPT
  SELECT payment_id, order_id, provider, currency, amount_minor FROM of_confirmed
),
back AS MATERIALIZED (
  SELECT refunds.refund_id, refunds.order_id, refunds.currency, refunds.amount_minor,
    CASE WHEN refunds.is_outside THEN 'outside/paid-back' ELSE 'provider/' || payments.provider END AS account
  FROM refunds
    JOIN payments ON payments.buyer_id = refunds.buyer_id AND payments.payment_id = refunds.payment_id
  WHERE refunds.sale_id = $1 AND refunds.state = 'refunded'
),
expected (order_id, reference, account, asset, amount) AS (
  SELECT '', '', 'stock/general', 'unit/' || sku, -units FROM sale_items WHERE sale_id = $1
  UNION ALL
  SELECT '', '', 'sale/' || $1 || '/stock', 'unit/' || sku, units FROM sale_items WHERE sale_id = $1
  UNION ALL
  SELECT order_id, '', 'sale/' || $1 || '/revenue', currency, total_minor FROM confirmed
  UNION ALL
  SELECT order_id, '', 'provider/' || provider, currency, -amount_minor FROM of_confirmed
  UNION ALL
  SELECT line.order_id, '', side.account, 'unit/' || line.sku, side.sign * line.quantity
  FROM confirmed
    JOIN order_items AS line ON line.buyer_id = confirmed.buyer_id AND line.order_id = confirmed.order_id
    CROSS JOIN (VALUES ('sale/' || $1 || '/sold', 1), ('sale/' || $1 || '/stock', -1)) AS side (account, sign)
  UNION ALL
  SELECT order_id, payment_id, side.account, currency, side.sign * amount_minor
  FROM late
    CROSS JOIN LATERAL (
      VALUES ('sale/' || $1 || '/revenue', 1), ('provider/' || late.provider, -1)
    ) AS side (account, sign)
  UNION ALL
  SELECT order_id, refund_id, side.account, currency, side.sign * amount_minor
  FROM back
    CROSS JOIN LATERAL (
      VALUES ('sale/' || $1 || '/revenue', -1), (back.account, 1)
    ) AS side (account, sign)
  UNION ALL
  SELECT order_id, restock_id, side.account, 'unit/' || sku, side.sign * quantity
  FROM restocks
    CROSS JOIN LATERAL (
      VALUES ('sale/' || $1 || '/sold', -1),
        (CASE restocks.state WHEN 'in_stock' THEN 'stock/general' ELSE 'sale/' || $1 || '/stock' END, 1)
    ) AS side (account, sign)
  WHERE sale_id = $1 AND state <> 'owed'
),
posted (order_id, reference, account, asset, amount) AS (
  SELECT coalesce(entry.order_id, ''), coalesce(entry.reference, ''), side.account, moved.asset, side.amount
  FROM ledger_transactions AS entry
    JOIN postings AS moved ON moved.transaction_id = entry.id
    CROSS JOIN LATERAL (
      VALUES (moved.destination, moved.amount), (moved.source, -moved.amount)
    ) AS side (account, amount)
  WHERE entry.sale_id = $1
),
said AS (
  SELECT order_id, reference, account, asset, amount AS expected, NULL::bigint AS posted FROM expected
  UNION ALL
  SELECT order_id, reference, account, asset, NULL, amount FROM posted
),
balance AS (
  SELECT order_id, reference, account, asset, coalesce(sum(expected), 0)::bigint AS expected,
    coalesce(sum(posted), 0)::bigint AS posted,
    -- Of the whole entry, whatever its accounts.
    sum(count(expected)) OVER entry > 0 AS is_expected, sum(count(posted)) OVER entry > 0 AS is_posted
  FROM said
  GROUP BY order_id, reference, account, asset
  WINDOW entry AS (PARTITION BY order_id, reference)
)
SELECT nullif(order_id, '') AS order_id, nullif(reference, '') AS reference, account, asset, expected, posted,
  is_expected, is_posted
FROM balance
WHERE expected <> posted
ORDER BY order_id, reference, account, asset;
