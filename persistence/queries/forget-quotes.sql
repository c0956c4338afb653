-- Forgets quotes that nobody can pay by any more: the longest hold is a day, and so is its extension.
-- A part at a time.
--
-- $1 how many, integer
WITH old AS MATERIALIZED (
  SELECT quote_id, buyer_id FROM quotes WHERE quoted_at < now() - interval '7 days'
  ORDER BY quoted_at LIMIT $1
)
DELETE FROM quotes USING old WHERE quotes.quote_id = old.quote_id AND quotes.buyer_id = old.buyer_id
RETURNING quotes.quote_id;
