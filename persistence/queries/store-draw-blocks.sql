-- Places of a sale's entrants, unless another worker was first.
--
-- $1 sale_id text  $2 block integer[]  $3 places bytea[]
INSERT INTO draw_blocks (sale_id, block, places)
SELECT $1, block, places FROM unnest($2::integer[], $3::bytea[]) AS stored (block, places)
ON CONFLICT DO NOTHING;
