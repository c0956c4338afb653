-- Up Migration

-- What cannot be brought to its end waits its pause, so that it keeps nothing waiting that came later: how often it was
-- looked at in vain, and when it is next.
ALTER TABLE refunds
  ADD COLUMN looks integer NOT NULL DEFAULT 0,
  ADD COLUMN looks_again_at timestamptz NOT NULL DEFAULT now();
DROP INDEX refunds_to_find_again;
CREATE INDEX refunds_to_find_again ON refunds (looks_again_at) WHERE state = 'initiated';

ALTER TABLE restocks
  ADD COLUMN looks integer NOT NULL DEFAULT 0,
  ADD COLUMN looks_again_at timestamptz NOT NULL DEFAULT now();
DROP INDEX restocks_to_find_again;
CREATE INDEX restocks_to_find_again ON restocks (looks_again_at) WHERE state IN ('owed', 'to_sale');
