-- Up Migration

-- What belongs to a buyer lies in whole tables. Eight partitions each cost every grouped statement more than
-- the rows that it wrote (docs/adr/0016). buyer_id stays in every unique key, which is what a table needs
-- that is distributed by it later.
--
-- Each table is written anew with all that belongs to it, whatever that is by now: columns, constraints,
-- indexes and triggers keep their names.
DO $$
DECLARE
  partitioned text;
  columns text;
  belongings text[];
  belonging text;
BEGIN
  FOREACH partitioned IN ARRAY ARRAY['orders', 'order_items', 'order_history', 'payments', 'idempotency_keys']
  LOOP
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns
    FROM pg_attribute
    WHERE attrelid = partitioned::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '';

    SELECT array_agg(found.text ORDER BY found.step, found.text) INTO belongings
    FROM (
      SELECT 1 AS step,
        format('ALTER TABLE %I ADD CONSTRAINT %I %s', partitioned, conname, pg_get_constraintdef(oid)) AS text
      FROM pg_constraint WHERE conrelid = partitioned::regclass AND contype IN ('p', 'u')
      UNION ALL
      SELECT 2, pg_get_indexdef(indexrelid) FROM pg_index
      WHERE indrelid = partitioned::regclass
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = pg_index.indexrelid)
      UNION ALL
      SELECT 3, pg_get_triggerdef(oid) FROM pg_trigger
      WHERE tgrelid = partitioned::regclass AND NOT tgisinternal
    ) AS found;

    EXECUTE format('CREATE TABLE whole (LIKE %I INCLUDING ALL EXCLUDING INDEXES)', partitioned);
    EXECUTE format('INSERT INTO whole (%s) SELECT %s FROM %I', columns, columns, partitioned);
    EXECUTE format('DROP TABLE %I', partitioned);
    EXECUTE format('ALTER TABLE whole RENAME TO %I', partitioned);
    FOREACH belonging IN ARRAY belongings LOOP
      EXECUTE belonging;
    END LOOP;
  END LOOP;
END $$;

-- These rows are written again within a second: orders once, payments twice, keys once and then at twice
-- their length. Room for that on the same page spares the new version its entries in every index.
ALTER TABLE orders SET (fillfactor = 50);
ALTER TABLE payments SET (fillfactor = 40);
ALTER TABLE idempotency_keys SET (fillfactor = 30);

-- One index for both: the payments of an order, and that only one of them is live. What is not live has a
-- name of its own in the last column.
DROP INDEX payments_of_an_order;
DROP INDEX one_payment_at_a_time;
CREATE UNIQUE INDEX one_payment_at_a_time ON payments (
  buyer_id, order_id,
  (CASE WHEN state IN ('initiated', 'authorized', 'captured') THEN '' ELSE payment_id END)
);
