-- General stock, before its first SKU: a sale without a waiting room that is open at once and for good. One that is
-- there stays as it is.
--
-- $1 hold_ms integer  $2 seed bytea  $3 seed_commitment text
WITH stock AS (
  INSERT INTO sales (
    id, title, method, per_buyer_limit, hold_ms, claim_ms, per_minute, waiting_opens_at, opens_at, closes_at, seed,
    seed_commitment, index_leased_through, freeze_ms
  )
  VALUES (
    '_general', 'General stock', 'none', 2147483647, $1, 1000, 1, now(), now(), '9999-12-31T00:00:00Z', $2, $3, 0, 0
  )
  ON CONFLICT (id) DO NOTHING
  RETURNING id
)
INSERT INTO sale_relays (sale_id) SELECT id FROM stock;
