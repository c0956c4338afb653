-- Forgets carts that nobody changed for a month.
--
-- $1 how many at most, integer
DELETE FROM carts
WHERE cart_id IN (SELECT cart_id FROM carts WHERE touched_at < now() - interval '30 days' LIMIT $1)
RETURNING cart_id;
