-- The epoch that a sale is in.
--
-- $1 id text
SELECT epoch FROM sales WHERE id = $1;
