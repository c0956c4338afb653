-- Up Migration

-- The provider's own name for the payment that it told of: its list may not show that yet. Null where it named none,
-- and where that was not kept yet.
ALTER TABLE provider_events ADD COLUMN provider_reference text COLLATE "C";
