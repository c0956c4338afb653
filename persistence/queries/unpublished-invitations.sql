-- A page of the invitations of a sale that Redis has not heard of.
--
-- $1 sale id text  $2 after buyer id text  $3 limit integer
SELECT buyer_id FROM sale_invitations
WHERE sale_id = $1 AND buyer_id > $2 AND published_at IS NULL
ORDER BY buyer_id
LIMIT $3;
