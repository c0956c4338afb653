-- Every seal of the journal, in order.
--
-- takes nothing
SELECT number, through_xid::text, through_id::text, transactions, previous, hash
FROM ledger_seals ORDER BY number;
