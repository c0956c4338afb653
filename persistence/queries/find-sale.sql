-- Whether there is such a sale.
--
-- $1 id text
SELECT id FROM sales WHERE id = $1;
