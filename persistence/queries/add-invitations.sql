-- Invites buyers to a sale that is by invitation, in their order, so that two lists that overlap do not
-- wait for each other. Returns how many are new and how many are listed; no row where there is no such sale.
--
-- $1 sale id text  $2 buyer ids text[]
WITH invited AS (
  INSERT INTO sale_invitations (sale_id, buyer_id)
  SELECT sales.id, buyer
  FROM sales, unnest($2::text[]) AS buyer
  WHERE sales.id = $1 AND sales.is_by_invitation
  ORDER BY buyer COLLATE "C"
  ON CONFLICT DO NOTHING
  RETURNING buyer_id
)
SELECT
  sales.is_by_invitation,
  (SELECT count(*)::integer FROM invited) AS added,
  -- As the list was before this statement.
  (SELECT count(*)::integer FROM sale_invitations WHERE sale_id = $1)
    + (SELECT count(*)::integer FROM invited) AS listed
FROM sales
WHERE sales.id = $1;
