-- Up Migration

ALTER TABLE provider_events
  ADD COLUMN refund_id text COLLATE "C",
  -- When somebody looked after what it is about; null while that is still to be done.
  ADD COLUMN acted_at timestamptz;

CREATE INDEX provider_events_to_act_on ON provider_events (received_at) WHERE acted_at IS NULL;

ALTER TABLE payments
  -- When a payment that waits (for its buyer) is looked at next, unless its provider tells of it before. Apart
  -- from the lease, which says that somebody acts on it at this moment.
  ADD COLUMN looks_again_at timestamptz;
