-- Stops the relay of a sale, every decision of a slow sale, and whoever would begin another epoch.
--
-- $1 sale_id text
SELECT position FROM sale_relays WHERE sale_id = $1 FOR UPDATE;
