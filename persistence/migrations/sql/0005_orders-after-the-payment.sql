-- Up Migration

-- What follows a confirmed order: cancellation, fulfilment, returns, refunds. These rows are few beside the
-- orders, so the tables are not partitioned here; buyer_id is in every key, as elsewhere.

ALTER TABLE order_history
  -- The login of the operator who did it; never shown to the buyer.
  ADD COLUMN actor_id text;

ALTER TABLE order_items
  -- Units that a return was asked for and not rejected.
  ADD COLUMN returned integer NOT NULL DEFAULT 0,
  ADD CONSTRAINT returned_within_bought CHECK (returned BETWEEN 0 AND quantity);

ALTER TABLE payments
  -- What refunds were begun for and have not failed.
  ADD COLUMN refunding_minor bigint NOT NULL DEFAULT 0,
  ADD CONSTRAINT refunds_within_captured CHECK (refunding_minor BETWEEN 0 AND coalesce(amount_minor, 0));

-- An operator names an order by its id alone, which ends with the number of its sale.
DROP INDEX orders_of_a_sale;
CREATE INDEX orders_of_a_sale ON orders (sale_id, order_id);

CREATE TABLE returns (
  return_id text COLLATE "C" NOT NULL,
  buyer_id text COLLATE "C" NOT NULL,
  order_id text COLLATE "C" NOT NULL,
  sale_id text COLLATE "C" NOT NULL,
  state text NOT NULL DEFAULT 'requested',
  reason text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  decided_at timestamptz,
  PRIMARY KEY (return_id, buyer_id),
  CONSTRAINT return_state_is_known CHECK (state IN ('requested', 'approved', 'rejected', 'refunded')),
  CONSTRAINT decided_has_a_time CHECK ((state = 'requested') = (decided_at IS NULL))
);

CREATE INDEX returns_of_an_order ON returns (buyer_id, order_id);

CREATE TRIGGER return_transition BEFORE UPDATE OF state ON returns FOR EACH ROW
  WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
    ('requested', 'approved'), ('requested', 'rejected'), ('approved', 'refunded')
  ))
  EXECUTE FUNCTION refuse_transition('state');

CREATE TABLE return_items (
  return_id text COLLATE "C" NOT NULL,
  buyer_id text COLLATE "C" NOT NULL,
  sku text COLLATE "C" NOT NULL,
  quantity integer NOT NULL,
  PRIMARY KEY (return_id, buyer_id, sku),
  CONSTRAINT quantity_is_positive CHECK (quantity > 0)
);

-- A refund is a row before the provider is asked; its id is the provider's idempotency key.
CREATE TABLE refunds (
  refund_id text COLLATE "C" NOT NULL,
  buyer_id text COLLATE "C" NOT NULL,
  order_id text COLLATE "C" NOT NULL,
  payment_id text COLLATE "C" NOT NULL,
  sale_id text COLLATE "C" NOT NULL,
  return_id text COLLATE "C",
  state text NOT NULL DEFAULT 'initiated',
  amount_minor bigint NOT NULL,
  currency text NOT NULL,
  reason text NOT NULL,
  requested_by text NOT NULL,
  provider_reference text,
  failure_code text,
  created_at timestamptz NOT NULL DEFAULT now(),
  settled_at timestamptz,
  PRIMARY KEY (refund_id, buyer_id),
  CONSTRAINT refund_state_is_known CHECK (state IN ('initiated', 'refunded', 'failed')),
  CONSTRAINT refund_is_of_something CHECK (amount_minor > 0),
  CONSTRAINT settled_refund_has_a_time CHECK ((state = 'initiated') = (settled_at IS NULL)),
  CONSTRAINT failed_says_why CHECK (state <> 'failed' OR failure_code IS NOT NULL)
);

CREATE INDEX refunds_of_an_order ON refunds (buyer_id, order_id);
CREATE INDEX refunds_to_find_again ON refunds (created_at) WHERE state = 'initiated';

CREATE TRIGGER refund_transition BEFORE UPDATE OF state ON refunds FOR EACH ROW
  WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
    ('initiated', 'refunded'), ('initiated', 'failed')
  ))
  EXECUTE FUNCTION refuse_transition('state');

-- Units that come back after they were sold, a row a SKU. `owed`: not moved yet. `to_sale`: behind the guard
-- again, and Redis may not have heard; `in_sale`: it has. `in_stock`: the sale had ended.
CREATE TABLE restocks (
  -- The return, or the order whose cancellation gives the units back.
  restock_id text COLLATE "C" NOT NULL,
  buyer_id text COLLATE "C" NOT NULL,
  sku text COLLATE "C" NOT NULL,
  order_id text COLLATE "C" NOT NULL,
  sale_id text COLLATE "C" NOT NULL,
  reservation_id text COLLATE "C" NOT NULL,
  quantity integer NOT NULL,
  state text NOT NULL DEFAULT 'owed',
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (restock_id, buyer_id, sku),
  CONSTRAINT quantity_is_positive CHECK (quantity > 0),
  CONSTRAINT restock_state_is_known CHECK (state IN ('owed', 'to_sale', 'in_sale', 'in_stock'))
);

CREATE INDEX restocks_of_a_sale ON restocks (sale_id);
CREATE INDEX restocks_to_find_again ON restocks (created_at) WHERE state IN ('owed', 'to_sale');

CREATE TRIGGER restock_transition BEFORE UPDATE OF state ON restocks FOR EACH ROW
  WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
    ('owed', 'to_sale'), ('owed', 'in_stock'), ('to_sale', 'in_sale'), ('to_sale', 'in_stock')
  ))
  EXECUTE FUNCTION refuse_transition('state');

-- Ledger: an order is confirmed once, and may be refunded and give units back several times.
ALTER TABLE ledger_transactions
  ADD COLUMN reference text COLLATE "C",
  DROP CONSTRAINT an_order_is_posted_once,
  DROP CONSTRAINT ledger_kind_is_known,
  ADD CONSTRAINT ledger_kind_is_known CHECK (kind IN (
    'sale_created', 'units_adjusted', 'order_confirmed', 'order_refunded', 'units_returned',
    'units_return_corrected'
  ));

CREATE UNIQUE INDEX an_order_is_posted_once ON ledger_transactions (order_id, kind, coalesce(reference, ''))
  WHERE order_id IS NOT NULL;

-- As before where there is no reference, so that the seals of old rows hold.
CREATE OR REPLACE FUNCTION ledger_line(entry ledger_transactions) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT (jsonb_build_array(
    entry.xid::text, entry.id, entry.kind, entry.sale_id, entry.order_id, entry.payment_id,
    (extract(epoch FROM entry.posted_at) * 1000000)::bigint,
    (SELECT jsonb_agg(jsonb_build_array(line, source, destination, asset, amount) ORDER BY line)
     FROM postings WHERE transaction_id = entry.id)
  ) || CASE WHEN entry.reference IS NULL THEN '[]' ELSE jsonb_build_array(entry.reference) END)::text
$$;
