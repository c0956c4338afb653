-- Redis has heard of the draw as it was read: with or without its seed.
--
-- $1 id text  $2 draw_seed bytea
UPDATE sales SET draw_published_at = now() WHERE id = $1 AND draw_seed IS NOT DISTINCT FROM $2;
