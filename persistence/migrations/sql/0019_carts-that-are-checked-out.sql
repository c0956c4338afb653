-- Up Migration

-- The orders that a cart was checked out for, before anybody could pay them. One that was confirmed takes what it
-- bought out of the cart, and its row with it, when the cart is asked for next: so that happens once.
CREATE TABLE cart_checkouts (
  cart_id text COLLATE "C" NOT NULL REFERENCES carts ON DELETE CASCADE,
  order_id text COLLATE "C" NOT NULL,
  checked_out_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (cart_id, order_id)
);

-- What a guest's cart became part of at the login: whoever checks out may still name it by its old id.
ALTER TABLE carts ADD COLUMN merged_into text COLLATE "C" REFERENCES carts ON DELETE CASCADE;
CREATE INDEX carts_that_were_merged ON carts (merged_into) WHERE merged_into IS NOT NULL;
