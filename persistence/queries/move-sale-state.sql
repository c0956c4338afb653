-- Follows what Redis decided about a sale's state, where the present state allows it.
--
-- $1 sale_id text  $2 state text  $3 states it may come from text[]
UPDATE sales SET state = $2 WHERE id = $1 AND state = ANY ($3) RETURNING id;
