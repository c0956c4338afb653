-- Up Migration

-- Since when the provider may have been asked; null where nobody was. One that was asked for before this was kept
-- counts from its next claim: nobody is called too early, nor forgotten.
ALTER TABLE payments ADD COLUMN asked_at timestamptz;
