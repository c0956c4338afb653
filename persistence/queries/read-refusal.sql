-- What an attempt was given up with; no row where there is no such thing.
--
-- $1 payment_id text  $2 buyer_id text
SELECT refusal FROM payments WHERE payment_id = $1 AND buyer_id = $2 AND refusal IS NOT NULL;
