-- Redis has confirmed these holds.
--
-- $1 reservation_id text[]
DELETE FROM unconfirmed_holds WHERE reservation_id = ANY ($1);
