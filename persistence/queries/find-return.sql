-- Whose a return is, and of which order.
--
-- $1 return_id text
SELECT buyer_id, order_id FROM returns WHERE return_id = $1;
