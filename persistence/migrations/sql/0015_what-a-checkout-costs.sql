-- Up Migration

-- What a hold costs, as it was said to its buyer; the hold names the one that counts. Written once, and
-- forgotten some days after nobody can pay by it any more: an order has a copy of all that it needs.
CREATE TABLE quotes (
  quote_id text COLLATE "C" NOT NULL,
  buyer_id text COLLATE "C" NOT NULL,
  sale_id text COLLATE "C" NOT NULL,
  reservation_id text COLLATE "C" NOT NULL,
  -- An array of {sku, title, quantity, unit_price_minor, line_total_minor}.
  lines jsonb NOT NULL,
  currency text NOT NULL,
  subtotal_minor bigint NOT NULL,
  discount_minor bigint NOT NULL,
  shipping_minor bigint NOT NULL,
  tax_minor bigint NOT NULL,
  total_minor bigint NOT NULL,
  shipping_address jsonb,
  billing_address jsonb,
  warnings jsonb NOT NULL,
  -- By the sale's clock.
  locked_until timestamptz NOT NULL,
  quoted_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (quote_id, buyer_id),
  CONSTRAINT total_is_the_sum CHECK (
    total_minor = subtotal_minor - discount_minor + shipping_minor + tax_minor AND total_minor >= 0
  ),
  CONSTRAINT no_part_is_negative CHECK (
    least(subtotal_minor, discount_minor, shipping_minor, tax_minor) >= 0 AND discount_minor <= subtotal_minor
  )
);

CREATE INDEX quotes_of_a_reservation ON quotes (sale_id, reservation_id, quote_id);
CREATE INDEX quotes_to_forget ON quotes (quoted_at);

ALTER TABLE orders ADD COLUMN billing_address jsonb;
