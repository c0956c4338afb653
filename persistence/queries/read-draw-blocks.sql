-- Who stands at the indices of consecutive blocks, in order.
--
-- $1 sale_id text  $2 first block, integer  $3 first block after them, integer
SELECT places FROM draw_blocks WHERE sale_id = $1 AND block >= $2::integer AND block < $3::integer ORDER BY block;
