-- Up Migration

-- Which indices were issued is in place_events. How far the counter was says nothing of it: a restart of Redis
-- moves it on by a block that nobody has.
ALTER TABLE sale_relays DROP COLUMN entrants;
