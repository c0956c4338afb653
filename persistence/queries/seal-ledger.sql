-- Seals the ledger's next transactions, in the order (xid, id), up to the oldest database transaction that
-- is still in flight: nothing can appear before that any more. The seal's hash covers its predecessor and
-- the canonical text of each transaction with its postings, one JSON array a line.
-- Returns the seal, or no row where there was nothing to seal or somebody else was first.
--
-- $1 transactions at most, integer
INSERT INTO ledger_seals (number, through_xid, through_id, transactions, previous, hash)
SELECT
  coalesce(last_seal.number, 0) + 1,
  (array_agg(line.xid ORDER BY line.xid DESC, line.id DESC))[1],
  (array_agg(line.id ORDER BY line.xid DESC, line.id DESC))[1],
  count(*),
  last_seal.hash,
  sha256(last_seal.hash || convert_to(string_agg(line.text, E'\n' ORDER BY line.xid, line.id), 'UTF8'))
FROM (
    SELECT number, through_xid, through_id, hash FROM (
      SELECT number, through_xid, through_id, hash FROM ledger_seals
      UNION ALL
      SELECT 0, '0'::xid8, 0, sha256('')
    ) AS seals
    ORDER BY number DESC LIMIT 1
  ) AS last_seal
  CROSS JOIN LATERAL (
    SELECT unsealed.xid, unsealed.id, canonical.text
    FROM ledger_transactions AS unsealed CROSS JOIN LATERAL ledger_text(unsealed) AS canonical
    WHERE (unsealed.xid, unsealed.id) > (last_seal.through_xid, last_seal.through_id)
      AND unsealed.xid < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY unsealed.xid, unsealed.id
    LIMIT $1
  ) AS line
GROUP BY last_seal.number, last_seal.hash
ON CONFLICT (number) DO NOTHING
RETURNING number, through_id, transactions;
