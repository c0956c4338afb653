-- Up Migration

-- What belongs to a buyer (orders, their items and history, payments, idempotency keys) is hash-partitioned
-- by buyer_id, and buyer_id is in every unique key. There are no foreign keys between those tables: the
-- rows of an order are written by one statement, and a check per row would cost more than the insert.
-- Ids are compared byte by byte (COLLATE "C"): they sort by creation, and SKUs are locked in that order.

CREATE FUNCTION refuse_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% may not move from % to %', TG_TABLE_NAME, TG_ARGV[0], row_to_json(NEW) ->> TG_ARGV[0]
    USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
END $$;

CREATE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';
END $$;

-- For what a statement has to be sure of after it wrote, and no constraint sees: all of it is undone.
CREATE FUNCTION assert_fact(holds boolean, fact text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF holds THEN
    RETURN true;
  END IF;
  RAISE EXCEPTION '% does not hold', fact USING ERRCODE = 'check_violation', CONSTRAINT = fact;
END $$;

-- Sales ------------------------------------------------------------------------------------------------

CREATE TABLE sales (
  id text COLLATE "C" PRIMARY KEY,
  number integer GENERATED ALWAYS AS IDENTITY CONSTRAINT number_names_one_sale UNIQUE,
  title text NOT NULL,
  method text NOT NULL,
  per_buyer_limit integer NOT NULL,
  hold_ms integer NOT NULL,
  claim_ms integer NOT NULL,
  per_minute integer NOT NULL,
  waiting_opens_at timestamptz NOT NULL,
  opens_at timestamptz NOT NULL,
  closes_at timestamptz NOT NULL,
  -- Secret until the sale opens; its SHA-256 (lower-case hex) is published before the first entrant.
  seed bytea NOT NULL,
  seed_commitment text NOT NULL,
  -- As the relay has heard of it: trails Redis by moments.
  state text NOT NULL DEFAULT 'scheduled',
  mode text NOT NULL DEFAULT 'redis',
  epoch integer NOT NULL DEFAULT 1,
  redis_run_id text,
  -- Indices below this were handed to Redis and are never leased again.
  index_leased_through bigint NOT NULL,
  -- The operator's decisions, written before Redis hears of them.
  open_commanded_at timestamptz,
  close_commanded_at timestamptz,
  published_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- A commit that believes in an epoch takes FOR KEY SHARE on the sale. Because the epoch is part of a key,
  -- only a new epoch waits for those commits (and they for it); every other update of the row passes by.
  CONSTRAINT epoch_is_part_of_a_key UNIQUE (id, epoch),
  CONSTRAINT sale_id_is_a_name CHECK (id ~ '^[a-z0-9-]{1,64}$'),
  CONSTRAINT method_is_known CHECK (method IN ('none', 'fifo', 'queue', 'lottery')),
  CONSTRAINT mode_is_known CHECK (mode IN ('redis')),
  CONSTRAINT sale_state_is_known CHECK (
    state IN ('scheduled', 'waiting', 'open', 'paused', 'sold_out', 'closed')
  ),
  CONSTRAINT waiting_opens_before_the_sale CHECK (waiting_opens_at <= opens_at),
  CONSTRAINT opens_before_it_closes CHECK (opens_at < closes_at),
  CONSTRAINT seed_is_32_bytes CHECK (octet_length(seed) = 32),
  CONSTRAINT commitment_is_of_the_seed CHECK (seed_commitment = encode(sha256(seed), 'hex'))
);

CREATE TRIGGER sale_transition BEFORE UPDATE OF state ON sales FOR EACH ROW
  WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
    ('scheduled', 'waiting'), ('scheduled', 'open'), ('scheduled', 'closed'),
    ('waiting', 'open'), ('waiting', 'closed'),
    ('open', 'paused'), ('open', 'sold_out'), ('open', 'closed'),
    ('paused', 'open'), ('paused', 'sold_out'), ('paused', 'closed')
  ))
  EXECUTE FUNCTION refuse_transition('state');

CREATE TABLE sale_items (
  sale_id text COLLATE "C" NOT NULL REFERENCES sales (id),
  sku text COLLATE "C" NOT NULL,
  line integer NOT NULL,
  title text NOT NULL,
  price_minor bigint NOT NULL,
  currency text NOT NULL,
  units integer NOT NULL,
  -- paying + sold: the second lock on the vault.
  committed integer NOT NULL DEFAULT 0,
  PRIMARY KEY (sale_id, sku),
  CONSTRAINT sku_is_a_name CHECK (sku ~ '^[a-z0-9-]{1,64}$'),
  CONSTRAINT price_is_not_negative CHECK (price_minor >= 0),
  CONSTRAINT committed_within_units CHECK (committed BETWEEN 0 AND units)
) WITH (fillfactor = 20);

-- One row a sale, apart from it, because it is written several times a second.
CREATE TABLE sale_relays (
  sale_id text COLLATE "C" PRIMARY KEY REFERENCES sales (id),
  -- Redis stream id of the last event that is committed here.
  position text NOT NULL DEFAULT '0-0',
  relayed_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 20);

-- The relayed outbox: what happened to reservations and sales, in the order of the stream.
CREATE TABLE reservation_events (
  sale_id text COLLATE "C" NOT NULL,
  -- The two halves of the stream id `<ms>-<n>`.
  position_ms bigint NOT NULL,
  position_n bigint NOT NULL,
  type text NOT NULL,
  -- By the sale's clock.
  at timestamptz NOT NULL,
  epoch integer NOT NULL,
  reservation_id text COLLATE "C",
  buyer_id text COLLATE "C",
  turn bigint,
  -- `ps5:1,case:2`, as the scripts write it.
  items text NOT NULL,
  deadline timestamptz,
  attempt_id text COLLATE "C",
  CONSTRAINT an_event_is_relayed_once PRIMARY KEY (sale_id, position_ms, position_n)
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON reservation_events
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

-- Each refusal of committed_within_units: the first lock had failed.
CREATE TABLE guard_refusals (
  payment_id text COLLATE "C" PRIMARY KEY,
  sale_id text COLLATE "C" NOT NULL,
  order_id text COLLATE "C" NOT NULL,
  refused_at timestamptz NOT NULL DEFAULT now()
);

-- Orders -----------------------------------------------------------------------------------------------

CREATE TABLE orders (
  buyer_id text COLLATE "C" NOT NULL,
  order_id text COLLATE "C" NOT NULL,
  order_number text NOT NULL,
  sale_id text COLLATE "C" NOT NULL,
  reservation_id text COLLATE "C" NOT NULL,
  status text NOT NULL DEFAULT 'pending',
  currency text NOT NULL,
  subtotal_minor bigint NOT NULL,
  discount_minor bigint NOT NULL DEFAULT 0,
  shipping_minor bigint NOT NULL DEFAULT 0,
  tax_minor bigint NOT NULL DEFAULT 0,
  total_minor bigint NOT NULL,
  shipping_address jsonb,
  last_payment_error jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (buyer_id, order_id),
  CONSTRAINT order_state_is_known CHECK (status IN (
    'pending', 'confirmed', 'failed', 'cancelled', 'processing', 'shipped', 'delivered', 'returned',
    'refunded'
  )),
  CONSTRAINT total_is_the_sum CHECK (
    total_minor = subtotal_minor - discount_minor + shipping_minor + tax_minor AND total_minor >= 0
  )
) PARTITION BY HASH (buyer_id);

CREATE INDEX orders_of_a_sale ON orders (sale_id);

CREATE TRIGGER order_transition BEFORE UPDATE OF status ON orders FOR EACH ROW
  WHEN (OLD.status <> NEW.status AND (OLD.status, NEW.status) NOT IN (
    ('pending', 'confirmed'), ('pending', 'failed'), ('pending', 'cancelled'),
    ('confirmed', 'processing'), ('confirmed', 'cancelled'),
    ('processing', 'shipped'), ('processing', 'cancelled'),
    ('shipped', 'delivered'), ('shipped', 'returned'),
    ('delivered', 'returned'), ('returned', 'refunded')
  ))
  EXECUTE FUNCTION refuse_transition('status');

CREATE TABLE order_items (
  buyer_id text COLLATE "C" NOT NULL,
  order_id text COLLATE "C" NOT NULL,
  sku text COLLATE "C" NOT NULL,
  line integer NOT NULL,
  title text NOT NULL,
  quantity integer NOT NULL,
  unit_price_minor bigint NOT NULL,
  line_total_minor bigint NOT NULL,
  PRIMARY KEY (buyer_id, order_id, sku),
  CONSTRAINT quantity_is_positive CHECK (quantity > 0),
  CONSTRAINT line_total_is_the_product CHECK (line_total_minor = unit_price_minor * quantity)
) PARTITION BY HASH (buyer_id);

CREATE TABLE order_history (
  buyer_id text COLLATE "C" NOT NULL,
  order_id text COLLATE "C" NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  from_status text,
  to_status text NOT NULL,
  by text NOT NULL,
  reason text,
  -- No order comes back to a state it left.
  CONSTRAINT a_state_is_entered_once PRIMARY KEY (buyer_id, order_id, to_status)
) PARTITION BY HASH (buyer_id);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON order_history
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

-- Payments ---------------------------------------------------------------------------------------------

CREATE TABLE payments (
  buyer_id text COLLATE "C" NOT NULL,
  -- The attempt: `initiated` and `abandoned` race for this key, and only the winner may charge or unpin.
  payment_id text COLLATE "C" NOT NULL,
  order_id text COLLATE "C" NOT NULL,
  sale_id text COLLATE "C" NOT NULL,
  idempotency_key text COLLATE "C",
  state text NOT NULL,
  amount_minor bigint,
  currency text,
  payment_method text,
  -- What the provider is to charge; forgotten when the attempt is settled.
  payment_token text,
  provider text,
  provider_reference text,
  decline_code text,
  created_at timestamptz NOT NULL DEFAULT now(),
  settled_at timestamptz,
  PRIMARY KEY (payment_id, buyer_id),
  CONSTRAINT payment_state_is_known CHECK (state IN (
    'initiated', 'authorized', 'captured', 'declined', 'voided', 'refunded', 'abandoned'
  )),
  CONSTRAINT initiated_names_its_charge CHECK (
    state <> 'initiated'
    OR (amount_minor IS NOT NULL AND currency IS NOT NULL AND payment_token IS NOT NULL
        AND idempotency_key IS NOT NULL)
  ),
  CONSTRAINT declined_says_why CHECK (state <> 'declined' OR decline_code IS NOT NULL)
) PARTITION BY HASH (buyer_id);

CREATE UNIQUE INDEX one_payment_at_a_time ON payments (buyer_id, order_id)
  WHERE state IN ('initiated', 'authorized', 'captured');

CREATE INDEX payments_of_an_order ON payments (buyer_id, order_id);

CREATE INDEX payments_to_find_again ON payments (created_at) WHERE state = 'initiated';

CREATE TRIGGER payment_transition BEFORE UPDATE OF state ON payments FOR EACH ROW
  WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
    ('initiated', 'authorized'), ('initiated', 'captured'), ('initiated', 'declined'),
    ('authorized', 'captured'), ('authorized', 'voided'),
    ('captured', 'refunded')
  ))
  EXECUTE FUNCTION refuse_transition('state');

CREATE TABLE idempotency_keys (
  buyer_id text COLLATE "C" NOT NULL,
  operation text NOT NULL,
  key text COLLATE "C" NOT NULL,
  fingerprint text NOT NULL,
  order_id text COLLATE "C",
  payment_id text COLLATE "C",
  -- The answer that every repeat gets; null until it is final.
  status integer,
  -- json, not jsonb: a repeat gets the very text that was said first, members in their order.
  body json,
  created_at timestamptz NOT NULL DEFAULT now(),
  final_at timestamptz,
  PRIMARY KEY (buyer_id, operation, key),
  CONSTRAINT final_is_whole CHECK (
    (status IS NULL) = (final_at IS NULL) AND (body IS NULL) = (final_at IS NULL)
  )
) PARTITION BY HASH (buyer_id);

-- Confirmed here, and not yet known to be confirmed in Redis. The relay forgets a row when it hears of it.
CREATE TABLE unconfirmed_holds (
  reservation_id text COLLATE "C" PRIMARY KEY,
  sale_id text COLLATE "C" NOT NULL,
  payment_id text COLLATE "C" NOT NULL,
  since timestamptz NOT NULL DEFAULT now()
);

DO $$
DECLARE
  partitioned text;
BEGIN
  FOREACH partitioned IN ARRAY ARRAY['orders', 'order_items', 'order_history', 'payments', 'idempotency_keys']
  LOOP
    FOR remainder IN 0..7 LOOP
      EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES WITH (MODULUS 8, REMAINDER %s)',
        partitioned || '_' || remainder, partitioned, remainder);
    END LOOP;
  END LOOP;
END $$;

-- Ledger -----------------------------------------------------------------------------------------------

CREATE TABLE ledger_transactions (
  -- Which database transaction wrote it. The chain is sealed in the order (xid, id) up to the oldest one
  -- still in flight: ids alone are given out before the commit and become visible out of order.
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  kind text NOT NULL,
  sale_id text COLLATE "C" NOT NULL,
  order_id text COLLATE "C",
  payment_id text COLLATE "C",
  posted_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT sealing_order PRIMARY KEY (xid, id),
  CONSTRAINT an_order_is_posted_once UNIQUE (order_id, kind),
  CONSTRAINT ledger_kind_is_known CHECK (kind IN ('sale_created', 'order_confirmed'))
);

CREATE INDEX ledger_of_a_sale ON ledger_transactions (sale_id);

-- A posting moves an amount of an asset from one account to another: both halves of the double entry are
-- in one row, so a transaction cannot fail to sum to zero.
CREATE TABLE postings (
  transaction_id bigint NOT NULL,
  line integer NOT NULL,
  source text COLLATE "C" NOT NULL,
  destination text COLLATE "C" NOT NULL,
  -- `unit/<sku>`, or an ISO 4217 currency in minor units.
  asset text COLLATE "C" NOT NULL,
  amount bigint NOT NULL,
  PRIMARY KEY (transaction_id, line),
  CONSTRAINT amount_is_not_negative CHECK (amount >= 0),
  CONSTRAINT a_posting_moves CHECK (source <> destination)
);

-- The same as signed entries, one an account.
CREATE VIEW ledger_entries AS
  SELECT transaction_id, line, destination AS account, asset, amount FROM postings
  UNION ALL
  SELECT transaction_id, line, source, asset, -amount FROM postings;

-- Each seal covers the transactions after its predecessor through (through_xid, through_id):
-- hash = sha256(previous ‖ canonical text of those transactions and their postings).
CREATE TABLE ledger_seals (
  number bigint PRIMARY KEY,
  through_xid xid8 NOT NULL,
  through_id bigint NOT NULL,
  transactions integer NOT NULL,
  previous bytea NOT NULL,
  hash bytea NOT NULL,
  sealed_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT hashes_are_sha256 CHECK (octet_length(previous) = 32 AND octet_length(hash) = 32)
);

-- What a seal covers of one transaction. Times are microseconds, so that no setting changes the text.
CREATE FUNCTION ledger_line(entry ledger_transactions) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_array(
    entry.xid::text, entry.id, entry.kind, entry.sale_id, entry.order_id, entry.payment_id,
    (extract(epoch FROM entry.posted_at) * 1000000)::bigint,
    (SELECT jsonb_agg(jsonb_build_array(line, source, destination, asset, amount) ORDER BY line)
     FROM postings WHERE transaction_id = entry.id)
  )::text
$$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transactions
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON postings
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_seals
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
