-- A return whose money is back, or that had none left to give.
--
-- $1 return_id text  $2 buyer_id text
UPDATE returns SET state = 'refunded' WHERE return_id = $1 AND buyer_id = $2 AND state = 'approved';
