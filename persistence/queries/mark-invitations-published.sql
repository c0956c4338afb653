-- Redis has heard of these invitations. Rows that somebody else is marking are left to them.
--
-- $1 sale id text  $2 buyer ids text[]
WITH heard AS MATERIALIZED (
  SELECT buyer_id FROM sale_invitations
  WHERE sale_id = $1 AND buyer_id = ANY ($2::text[]) AND published_at IS NULL
  FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE sale_invitations SET published_at = now()
FROM heard
WHERE sale_invitations.sale_id = $1 AND sale_invitations.buyer_id = heard.buyer_id;
