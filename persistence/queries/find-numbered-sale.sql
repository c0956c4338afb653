-- The sale with that number.
--
-- $1 number integer
SELECT id FROM sales WHERE number = $1;
