-- Up Migration

-- The request that began a payment: what its key answers at last names it. Null where that was not kept yet.
ALTER TABLE payments ADD COLUMN request_id text;
