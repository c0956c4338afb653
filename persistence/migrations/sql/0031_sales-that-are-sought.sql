-- Up Migration

-- When somebody last asked for a sale that Redis did not know; such a sale is brought back to it.
ALTER TABLE sales ADD COLUMN sought_at timestamptz;
CREATE INDEX sales_sought ON sales (sought_at) WHERE sought_at IS NOT NULL;
