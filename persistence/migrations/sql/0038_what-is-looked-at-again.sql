-- Up Migration

ALTER TABLE provider_events
  -- How often its provider was asked about it in vain, and when it is next; null where it is to be looked at now.
  ADD COLUMN looks integer NOT NULL DEFAULT 0,
  ADD COLUMN looks_again_at timestamptz;

ALTER TABLE restocks
  -- Since when Redis does not take the units. Null where it has not been asked, or has taken them at once.
  ADD COLUMN refused_since timestamptz;
