-- Returned units that Redis does not take: since when.
--
-- $1 restock_id text  $2 buyer_id text
UPDATE restocks SET refused_since = now()
WHERE restock_id = $1 AND buyer_id = $2 AND refused_since IS NULL;
