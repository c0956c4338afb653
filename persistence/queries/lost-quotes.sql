-- The prices of a sale's checkouts in whose place another one was put that is still locked, one row a reservation;
-- null among them is the sale's price. A hold that names one of them has lost what was said since. Of two that were
-- said at the same time neither is in the other's place: what the hold names of those is what its buyer was told last.
--
-- $1 sale_id text
SELECT reservation_id, array_agg(replaces) AS replaced
FROM quotes WHERE sale_id = $1 AND locked_until > now()
GROUP BY reservation_id;
