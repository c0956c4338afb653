-- Forgets what a sale sold slowly before: the journal has it, and another time begins with all of it.
--
-- $1 sale_id text
WITH stock AS (
  DELETE FROM slow_stock WHERE sale_id = $1
)
DELETE FROM slow_reservations WHERE sale_id = $1;
