-- Through which transaction everything is sealed; no row before the first seal.
--
-- takes nothing
SELECT through_id::text AS sealed_through FROM ledger_seals WHERE number > 0 ORDER BY number DESC LIMIT 1;
