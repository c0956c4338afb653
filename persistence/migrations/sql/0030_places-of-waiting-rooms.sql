-- Up Migration

-- Who got which place in a waiting room, and who gave theirs up, as the outbox says it: what a Redis that lost its
-- memory is told again. A row is a call of the script: up to 200 buyers.
CREATE TABLE place_events (
  sale_id text COLLATE "C" NOT NULL,
  -- The two halves of the stream id `<ms>-<n>`.
  position_ms bigint NOT NULL,
  position_n bigint NOT NULL,
  -- By the sale's clock.
  at timestamptz NOT NULL,
  epoch integer NOT NULL,
  -- Index of the first of the places, the others follow it; null where they were given up.
  first_index bigint,
  -- 12 bytes a buyer: a keyed hash of their id.
  places bytea NOT NULL CONSTRAINT whole_places CHECK (octet_length(places) > 0 AND octet_length(places) % 12 = 0),
  CONSTRAINT a_place_event_is_relayed_once PRIMARY KEY (sale_id, position_ms, position_n)
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON place_events
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
