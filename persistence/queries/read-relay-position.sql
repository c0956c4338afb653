-- Where a sale's relay stands.
--
-- $1 sale_id text
SELECT position FROM sale_relays WHERE sale_id = $1;
