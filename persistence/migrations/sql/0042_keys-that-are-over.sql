-- Up Migration

-- When the payment's key was first seen to be over at its provider, which repeats a failure for it whatever it did
-- before that; null where it was not. How long the provider's list may lag behind is counted from here.
ALTER TABLE payments ADD COLUMN key_over_at timestamptz;
