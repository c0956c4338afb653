-- Up Migration

-- What the reconciler found, for as long as it is there. The reconciler repairs what is certain; everything
-- else waits here for a person, with what it takes to decide.
CREATE TABLE discrepancies (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sale_id text COLLATE "C" NOT NULL REFERENCES sales (id),
  kind text NOT NULL,
  -- The sale, SKU, reservation, order, payment, refund or seal.
  subject text COLLATE "C" NOT NULL,
  detail text NOT NULL,
  -- Everything that is known about the subject, as it was when this was found.
  evidence jsonb NOT NULL DEFAULT '{}',
  found_at timestamptz NOT NULL DEFAULT now(),
  seen_at timestamptz NOT NULL DEFAULT now(),
  -- A repair is tried once: what is there afterwards is for a person.
  tried_at timestamptz,
  gone_at timestamptz
);

CREATE UNIQUE INDEX a_discrepancy_is_open_once ON discrepancies (sale_id, kind, subject) WHERE gone_at IS NULL;

-- When a sale was looked through last, so that of many workers one does it.
CREATE TABLE sale_reconciliations (
  sale_id text COLLATE "C" PRIMARY KEY REFERENCES sales (id),
  began_at timestamptz NOT NULL
);
