-- Up Migration

-- The canonical text of a transaction, character by character what `ledger_line` said before: seals hold. As
-- a table function it becomes part of the statement that asks. `ledger_line` was run, and where plans are
-- made anew planned, for each transaction: 40 µs each under a seal and 90 where seals are computed again.
CREATE FUNCTION ledger_text(entry ledger_transactions) RETURNS TABLE (text text) LANGUAGE sql STABLE AS $$
  SELECT (jsonb_build_array(
    entry.xid::text, entry.id, entry.kind, entry.sale_id, entry.order_id, entry.payment_id,
    (extract(epoch FROM entry.posted_at) * 1000000)::bigint,
    (SELECT jsonb_agg(jsonb_build_array(line, source, destination, asset, amount) ORDER BY line)
     FROM postings WHERE transaction_id = entry.id)
  ) || CASE WHEN entry.reference IS NULL THEN '[]' ELSE jsonb_build_array(entry.reference) END)::text
$$;

DROP FUNCTION ledger_line(ledger_transactions);
