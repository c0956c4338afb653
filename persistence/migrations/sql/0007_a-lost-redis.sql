-- Up Migration

ALTER TABLE sale_relays
  -- Events of earlier epochs are not taken any more: what they say was not part of the rebuild.
  ADD COLUMN rebuilt_epoch integer NOT NULL DEFAULT 1,
  -- How far the waiting room was when it was last looked at, by the sale's clock.
  ADD COLUMN entrants bigint NOT NULL DEFAULT 0,
  ADD COLUMN serving bigint NOT NULL DEFAULT 0,
  ADD COLUMN missed_below bigint NOT NULL DEFAULT 0,
  ADD COLUMN progress_at timestamptz;

CREATE INDEX events_of_a_reservation ON reservation_events (sale_id, reservation_id);

-- What the reconciler mended. Repairs are never edited: one that was wrong is mended by another.
CREATE TABLE repairs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sale_id text COLLATE "C" NOT NULL,
  kind text NOT NULL,
  -- A reservation, order, payment or SKU.
  subject text COLLATE "C" NOT NULL,
  -- What was found, and what was done about it.
  found jsonb NOT NULL,
  done text NOT NULL,
  repaired_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX repairs_of_a_sale ON repairs (sale_id, id);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON repairs
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
