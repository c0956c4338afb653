-- Up Migration

-- Ids of quotes sort by the clocks of the gateways that made them. Which of two was kept first is decided here: by
-- number, and among those from before there were numbers, which have 0, by when they were kept.
ALTER TABLE quotes ADD COLUMN number bigint NOT NULL DEFAULT 0;
ALTER TABLE quotes ALTER COLUMN number DROP DEFAULT;
ALTER TABLE quotes ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY;

-- The quote that the hold named when this one was worked out; null where that was the sale's price.
ALTER TABLE quotes ADD COLUMN replaces text COLLATE "C";

DROP INDEX quotes_of_a_reservation;
CREATE INDEX quotes_of_a_reservation ON quotes (sale_id, reservation_id, number);
