-- Up Migration

ALTER TABLE sales
  -- What a sale does while Redis is away: it refuses, or it sells through the tables below.
  ADD COLUMN when_redis_is_down text NOT NULL DEFAULT 'refuse',
  -- When it came back from that last; it does not go there again at once.
  ADD COLUMN slow_until timestamptz,
  ADD CONSTRAINT what_to_do_is_known CHECK (when_redis_is_down IN ('refuse', 'slow')),
  -- Turns are called in Redis.
  ADD CONSTRAINT slow_has_no_waiting_room CHECK (when_redis_is_down = 'refuse' OR method = 'none'),
  DROP CONSTRAINT mode_is_known,
  ADD CONSTRAINT mode_is_known CHECK (mode IN ('redis', 'slow'));

CREATE INDEX sales_that_sell_slowly ON sales (id) WHERE mode = 'slow';

-- Where the units of a slow sale are. Held and being paid: what is neither available nor sold.
CREATE TABLE slow_stock (
  sale_id text COLLATE "C" NOT NULL,
  sku text COLLATE "C" NOT NULL,
  units integer NOT NULL,
  available integer NOT NULL,
  sold integer NOT NULL,
  PRIMARY KEY (sale_id, sku),
  CONSTRAINT slow_units_are_somewhere CHECK (available >= 0 AND sold >= 0 AND available + sold <= units)
) WITH (fillfactor = 20);

-- The reservations of a slow sale, those from before included. `held` is whatever has not ended: whether it is
-- being paid, or was, say orders and payments.
CREATE TABLE slow_reservations (
  sale_id text COLLATE "C" NOT NULL,
  reservation_id text COLLATE "C" NOT NULL,
  buyer_id text COLLATE "C" NOT NULL,
  items text NOT NULL,
  -- What of it counts for its buyer while it is held or sold: of a sold one not what came back.
  units integer NOT NULL,
  state text NOT NULL,
  deadline timestamptz NOT NULL,
  -- The payment that it is being paid by, or was last.
  attempt_id text COLLATE "C",
  -- Until when a pin is trusted whose payment is not committed yet.
  pinned_until timestamptz,
  quote_id text COLLATE "C",
  PRIMARY KEY (sale_id, reservation_id),
  CONSTRAINT slow_state_is_known CHECK (state IN ('held', 'confirmed', 'released', 'expired'))
) WITH (fillfactor = 80);

CREATE INDEX slow_reservations_of_a_buyer ON slow_reservations (sale_id, buyer_id);
CREATE INDEX slow_holds_by_deadline ON slow_reservations (sale_id, deadline) WHERE state = 'held';
CREATE INDEX slow_pins ON slow_reservations (sale_id, pinned_until)
  WHERE state = 'held' AND pinned_until IS NOT NULL;

-- The same with what orders and payments say. A pin is one until its payment is committed, or fenced off.
CREATE VIEW slow_holds AS
  SELECT reservation.*,
    EXISTS (
      SELECT FROM orders
      WHERE orders.buyer_id = reservation.buyer_id
        AND orders.order_id = 'ord_' || substr(reservation.reservation_id, 5)
        AND orders.status NOT IN ('pending', 'failed', 'cancelled')
    ) AS is_paid,
    EXISTS (
      SELECT FROM payments
      WHERE payments.buyer_id = reservation.buyer_id
        AND payments.order_id = 'ord_' || substr(reservation.reservation_id, 5)
        AND payments.state IN ('initiated', 'authorized', 'captured', 'refunded')
    ) AS has_money,
    reservation.pinned_until IS NOT NULL AND NOT EXISTS (
      SELECT FROM payments
      WHERE payments.payment_id = reservation.attempt_id AND payments.buyer_id = reservation.buyer_id
    ) AS is_pinned
  FROM slow_reservations AS reservation;
