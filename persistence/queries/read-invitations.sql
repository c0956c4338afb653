-- A page of whom a sale invites.
--
-- $1 sale id text  $2 after buyer id text  $3 limit integer
SELECT buyer_id FROM sale_invitations
WHERE sale_id = $1 AND buyer_id > $2
ORDER BY buyer_id
LIMIT $3;
