-- Up Migration

-- What was said when an attempt was given up, as a problem of RFC 9457: its repeat is told the same. Null where
-- nobody was told, where the same may be asked again, and where it was not kept yet.
ALTER TABLE payments ADD COLUMN refusal json;
