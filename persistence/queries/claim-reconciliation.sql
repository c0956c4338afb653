-- Takes the next look through a sale, unless somebody took it less than so long ago.
--
-- $1 sale_id text  $2 pause in milliseconds, integer
INSERT INTO sale_reconciliations (sale_id, began_at) VALUES ($1, now())
ON CONFLICT (sale_id) DO UPDATE SET began_at = excluded.began_at
  WHERE sale_reconciliations.began_at < now() - $2::integer * interval '1 millisecond'
RETURNING sale_id;
