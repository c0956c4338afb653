-- The whole journal in the order in which it is sealed, with what a seal covers of each transaction.
-- Amounts and ids are text: nothing is rounded on the way. Postings come as arrays, a place a posting.
--
-- takes nothing
SELECT entry.xid::text, entry.id::text, entry.kind, entry.sale_id, entry.order_id, entry.payment_id,
  entry.reference, (extract(epoch FROM entry.posted_at) * 1000000)::bigint::text AS posted_at_us,
  posting.line, posting.source, posting.destination, posting.asset, posting.amount
FROM ledger_transactions AS entry
  CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(line::text ORDER BY line), '{}') AS line,
      array_agg(source ORDER BY line) AS source, array_agg(destination ORDER BY line) AS destination,
      array_agg(asset ORDER BY line) AS asset, array_agg(amount::text ORDER BY line) AS amount
    FROM postings WHERE postings.transaction_id = entry.id
  ) AS posting
ORDER BY entry.xid, entry.id;
