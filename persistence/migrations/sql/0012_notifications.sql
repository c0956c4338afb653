-- Up Migration

-- What the world is to be told, written by triggers in the transaction that made it true: whoever moves an
-- order cannot forget it. A worker takes rows out again, so that the table is as long as what is still to be
-- told.
CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  type text NOT NULL,
  sale_id text COLLATE "C" NOT NULL,
  buyer_id text COLLATE "C",
  order_id text COLLATE "C",
  -- What it is about besides the order: a refund, a payment.
  subject text COLLATE "C" NOT NULL DEFAULT '',
  at timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION tell_of_orders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO outbox (type, sale_id, buyer_id, order_id)
  SELECT 'order.' || moved.to_status, orders.sale_id, moved.buyer_id, moved.order_id
  FROM moved CROSS JOIN LATERAL (
    SELECT sale_id FROM orders
    WHERE orders.buyer_id = moved.buyer_id AND orders.order_id = moved.order_id OFFSET 0
  ) AS orders
  WHERE moved.to_status IN ('confirmed', 'failed', 'cancelled', 'shipped', 'delivered', 'returned');
  RETURN NULL;
END $$;

CREATE TRIGGER tells_of_orders AFTER INSERT ON order_history
  REFERENCING NEW TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION tell_of_orders();

CREATE FUNCTION tell_of_refund() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO outbox (type, sale_id, buyer_id, order_id, subject)
  VALUES ('order.refunded', NEW.sale_id, NEW.buyer_id, NEW.order_id, NEW.refund_id);
  RETURN NULL;
END $$;

CREATE TRIGGER tells_of_refund AFTER UPDATE OF state ON refunds FOR EACH ROW
  WHEN (OLD.state <> NEW.state AND NEW.state = 'refunded') EXECUTE FUNCTION tell_of_refund();

CREATE FUNCTION tell_of_decline() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO outbox (type, sale_id, buyer_id, order_id, subject)
  VALUES ('order.payment_declined', NEW.sale_id, NEW.buyer_id, NEW.order_id, NEW.payment_id);
  RETURN NULL;
END $$;

CREATE TRIGGER tells_of_decline AFTER UPDATE OF state ON payments FOR EACH ROW
  WHEN (OLD.state <> NEW.state AND NEW.state = 'declined') EXECUTE FUNCTION tell_of_decline();

CREATE FUNCTION tell_of_sale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO outbox (type, sale_id)
  VALUES ('sale.' || CASE NEW.state WHEN 'open' THEN 'opened' ELSE NEW.state END, NEW.id);
  RETURN NULL;
END $$;

CREATE TRIGGER tells_of_sale AFTER UPDATE OF state ON sales FOR EACH ROW
  WHEN (OLD.state <> NEW.state AND NEW.state IN ('open', 'paused', 'sold_out', 'closed'))
  EXECUTE FUNCTION tell_of_sale();

CREATE TABLE webhook_endpoints (
  endpoint_id text COLLATE "C" PRIMARY KEY,
  url text NOT NULL,
  -- As Standard Webhooks spells it: `whsec_` and base 64.
  secret text NOT NULL,
  -- Which types of events it takes; null: all.
  types text[],
  created_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz
);

-- One message to one endpoint. The row says when it is due; a job only wakes a worker.
CREATE TABLE deliveries (
  delivery_id text COLLATE "C" PRIMARY KEY,
  endpoint_id text COLLATE "C" NOT NULL REFERENCES webhook_endpoints (endpoint_id),
  -- The same for every endpoint and every attempt: what receivers recognise repeats by.
  message_id text COLLATE "C" NOT NULL,
  type text NOT NULL,
  payload text NOT NULL,
  state text NOT NULL DEFAULT 'pending',
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT delivery_state_is_known CHECK (state IN ('pending', 'delivered', 'failed')),
  CONSTRAINT a_message_goes_to_an_endpoint_once UNIQUE (message_id, endpoint_id)
);

CREATE INDEX deliveries_to_find_again ON deliveries (next_attempt_at) WHERE state = 'pending';

CREATE TABLE delivery_attempts (
  delivery_id text COLLATE "C" NOT NULL,
  attempt integer NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  duration_ms integer NOT NULL,
  -- Of the answer; null where there was none.
  status integer,
  -- Why it does not count as delivered.
  error text,
  PRIMARY KEY (delivery_id, attempt)
);
