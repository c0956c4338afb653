-- Has general stock to oneself, until unlock-stock.sql or the end of the connection.
--
-- takes nothing
SELECT pg_advisory_lock(hashtext('doorbuster: general stock'));
