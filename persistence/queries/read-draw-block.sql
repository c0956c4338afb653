-- Who stands at the indices of a block.
--
-- $1 sale_id text  $2 block integer
SELECT places FROM draw_blocks WHERE sale_id = $1 AND block = $2;
