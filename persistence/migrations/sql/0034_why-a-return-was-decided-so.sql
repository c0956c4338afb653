-- Up Migration

-- What whoever decided about a return said; null where they said nothing, or it was not kept yet.
ALTER TABLE returns ADD COLUMN decision_reason text;
