-- Up Migration

-- Money that a person gave back past the provider, which had refused to: it counts like a refund, and is posted to an
-- account of its own, because it never came out of what the provider holds.
ALTER TABLE refunds ADD COLUMN is_outside boolean NOT NULL DEFAULT false;
