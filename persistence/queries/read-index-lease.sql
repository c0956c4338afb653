-- Through where indices of a sale were leased.
--
-- $1 sale_id text
SELECT index_leased_through FROM sales WHERE id = $1;
