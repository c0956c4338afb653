-- Lets others at general stock again.
--
-- takes nothing
SELECT pg_advisory_unlock(hashtext('doorbuster: general stock'));
