-- The prices of a sale's checkouts that were said last and are still locked, which live holds name.
--
-- $1 sale_id text
SELECT reservation_id, max(quote_id) AS quote_id
FROM quotes WHERE sale_id = $1 AND locked_until > now()
GROUP BY reservation_id;
