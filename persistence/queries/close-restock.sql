-- Returned units that Redis offers again.
--
-- $1 restock_id text  $2 buyer_id text
UPDATE restocks SET state = 'in_sale' WHERE restock_id = $1 AND buyer_id = $2 AND state = 'to_sale';
