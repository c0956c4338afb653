-- Up Migration

ALTER TABLE sales
  -- The entrants are fixed so long before the opening, or at an opening by hand.
  ADD COLUMN freeze_ms integer NOT NULL DEFAULT 0,
  ADD COLUMN beacon_source text,
  ADD COLUMN beacon_round bigint,
  ADD COLUMN beacon_at timestamptz,
  ADD COLUMN beacon_value text,
  -- By the sale's clock.
  ADD COLUMN frozen_at timestamptz,
  ADD COLUMN pre_entrants bigint,
  ADD COLUMN entrants_root text,
  -- Known as soon as the entrants are fixed and the beacon, where one was named, has spoken; secret until
  -- the sale opens.
  ADD COLUMN draw_seed bytea,
  ADD COLUMN drawn_at timestamptz,
  -- Redis has heard of all of the above. Null again when the beacon has spoken.
  ADD COLUMN draw_published_at timestamptz,
  ADD COLUMN challenge_difficulty integer,
  ADD COLUMN checkouts_at_once_max integer,
  -- Counts the operator's changes, and through which of them Redis has followed. A change that takes units
  -- away announces itself first: whatever comes in between undoes it.
  ADD COLUMN revision integer NOT NULL DEFAULT 0,
  ADD COLUMN published_revision integer NOT NULL DEFAULT 0,
  ADD COLUMN revised_at timestamptz,
  ADD CONSTRAINT beacon_is_named_as_a_whole CHECK (
    (beacon_source IS NULL) = (beacon_round IS NULL) AND (beacon_source IS NULL) = (beacon_at IS NULL)
  ),
  ADD CONSTRAINT only_drawn_sales_have_a_beacon CHECK (beacon_source IS NULL OR method IN ('queue', 'lottery')),
  ADD CONSTRAINT beacon_speaks_after_the_freeze CHECK (
    beacon_value IS NULL OR (beacon_source IS NOT NULL AND frozen_at IS NOT NULL)
  ),
  ADD CONSTRAINT entrants_are_fixed_as_a_whole CHECK (
    (frozen_at IS NULL) = (pre_entrants IS NULL) AND (frozen_at IS NULL) = (entrants_root IS NULL)
  ),
  ADD CONSTRAINT entrants_are_fixed_before_the_draw CHECK (draw_seed IS NULL OR frozen_at IS NOT NULL),
  ADD CONSTRAINT drawn_at_is_of_a_draw CHECK ((draw_seed IS NULL) = (drawn_at IS NULL)),
  ADD CONSTRAINT draw_waits_for_its_beacon CHECK (
    draw_seed IS NULL OR (beacon_source IS NULL) = (beacon_value IS NULL)
  ),
  -- docs/draw.md, "The seed and the draw's seed".
  ADD CONSTRAINT draw_seed_is_of_seed_and_beacon CHECK (
    draw_seed = CASE
      WHEN beacon_value IS NULL THEN seed
      ELSE sha256(seed || convert_to(beacon_value, 'UTF8'))
    END
  ),
  ADD CONSTRAINT challenge_can_be_solved CHECK (challenge_difficulty BETWEEN 1 AND 32),
  ADD CONSTRAINT published_is_what_was_revised CHECK (published_revision <= revision);

-- What was fixed stays, whoever runs late.
CREATE FUNCTION refuse_another_draw() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the draw of % is fixed', OLD.id
    USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME;
END $$;

CREATE TRIGGER drawn_once BEFORE UPDATE ON sales FOR EACH ROW
  WHEN (
    (OLD.seed, OLD.seed_commitment) IS DISTINCT FROM (NEW.seed, NEW.seed_commitment)
    OR (OLD.beacon_source, OLD.beacon_round, OLD.beacon_at)
      IS DISTINCT FROM (NEW.beacon_source, NEW.beacon_round, NEW.beacon_at)
    OR (OLD.frozen_at IS NOT NULL AND (OLD.frozen_at, OLD.pre_entrants, OLD.entrants_root)
      IS DISTINCT FROM (NEW.frozen_at, NEW.pre_entrants, NEW.entrants_root))
    OR (OLD.beacon_value IS NOT NULL AND OLD.beacon_value IS DISTINCT FROM NEW.beacon_value)
    OR (OLD.draw_seed IS NOT NULL AND OLD.draw_seed IS DISTINCT FROM NEW.draw_seed)
  )
  EXECUTE FUNCTION refuse_another_draw();

-- The roots of the tree's blocks, one after the other, 32 bytes each: what is above them follows.
CREATE TABLE draw_trees (
  sale_id text COLLATE "C" PRIMARY KEY REFERENCES sales (id),
  -- A block has 2^block_level leaves.
  block_level integer NOT NULL,
  block_roots bytea NOT NULL,
  CONSTRAINT roots_are_sha256 CHECK (octet_length(block_roots) % 32 = 0)
);

-- Who stands at the indices of a block, 12 bytes each as the waiting room names buyers, all zeros where an
-- index is vacant. Tickets, and so the tree's leaves, are written again from this. 3 KB stay in the row.
CREATE TABLE draw_blocks (
  sale_id text COLLATE "C" NOT NULL,
  block integer NOT NULL,
  places bytea NOT NULL,
  PRIMARY KEY (sale_id, block),
  CONSTRAINT places_are_whole CHECK (octet_length(places) % 12 = 0)
) WITH (toast_tuple_target = 8160);
ALTER TABLE draw_blocks ALTER COLUMN places SET STORAGE MAIN;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON draw_trees
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON draw_blocks
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

ALTER TABLE ledger_transactions DROP CONSTRAINT ledger_kind_is_known,
  ADD CONSTRAINT ledger_kind_is_known CHECK (kind IN ('sale_created', 'units_adjusted', 'order_confirmed'));
