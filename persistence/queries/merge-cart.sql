-- A guest's cart is part of a buyer's from now on: it is no guest's any more, and remembers where it went.
--
-- $1 cart_id text  $2 cart_id of the buyer's text
UPDATE carts SET merged_into = $2, touched_at = now() WHERE cart_id = $1;
