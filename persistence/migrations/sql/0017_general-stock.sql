-- Up Migration

-- General stock is run like a sale, under a name that no operator can give.
ALTER TABLE sales
  DROP CONSTRAINT sale_id_is_a_name,
  ADD CONSTRAINT sale_id_is_a_name CHECK (id ~ '^[a-z0-9-]{1,64}$' OR id = '_general');
