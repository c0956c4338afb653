-- Up Migration

-- What shoppers put together before they check out. A buyer has one; a guest's belongs to whoever knows its id.
CREATE TABLE carts (
  cart_id text COLLATE "C" PRIMARY KEY,
  buyer_id text COLLATE "C" CONSTRAINT a_buyer_has_one_cart UNIQUE,
  touched_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX carts_to_forget ON carts (touched_at);

CREATE TABLE cart_lines (
  cart_id text COLLATE "C" NOT NULL REFERENCES carts ON DELETE CASCADE,
  sku text COLLATE "C" NOT NULL,
  quantity integer NOT NULL,
  -- The price that its shopper saw last, and agreed to by changing the line.
  unit_price_minor bigint NOT NULL,
  currency text NOT NULL,
  added_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (cart_id, sku),
  CONSTRAINT cart_quantity_is_sane CHECK (quantity BETWEEN 1 AND 100)
);
