-- Computes the newest seals again from what they cover. Returns the numbers of those that do not hold:
-- a transaction or posting in them was altered, added or removed, or a seal itself was.
--
-- $1 how many seals, integer
SELECT seal.number
FROM (
    SELECT number, through_xid, through_id, transactions, previous, hash,
      lag(hash) OVER in_order AS previous_hash,
      lag(through_xid) OVER in_order AS from_xid,
      lag(through_id) OVER in_order AS from_id
    FROM ledger_seals
    WINDOW in_order AS (ORDER BY number)
    ORDER BY number DESC
    LIMIT $1
  ) AS seal
  CROSS JOIN LATERAL (
    SELECT count(*) AS transactions,
      convert_to(coalesce(string_agg(canonical.text, E'\n' ORDER BY covered.xid, covered.id), ''), 'UTF8')
        AS text
    FROM ledger_transactions AS covered CROSS JOIN LATERAL ledger_text(covered) AS canonical
    WHERE (covered.xid, covered.id) > (coalesce(seal.from_xid, '0'::xid8), coalesce(seal.from_id, 0))
      AND (covered.xid, covered.id) <= (seal.through_xid, seal.through_id)
  ) AS found
WHERE seal.previous <> coalesce(seal.previous_hash, sha256(''))
  OR seal.transactions <> found.transactions
  OR seal.hash <> sha256(seal.previous || found.text)
ORDER BY seal.number;
