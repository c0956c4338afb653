-- Leases the next block of indices, unless somebody has done so since it was looked at.
--
-- $1 sale_id text  $2 leased through, as it was read, bigint  $3 size of the block, bigint
UPDATE sales SET index_leased_through = index_leased_through + $3
WHERE id = $1 AND index_leased_through = $2
RETURNING index_leased_through;
