-- A new sale with its items, whom it invites, its relay at the beginning of the stream, and the ledger entry
-- that brings its units. Returns its number, or no row where the id is taken.
--
-- $1 id text  $2 title text  $3 method text  $4 per_buyer_limit integer  $5 hold_ms integer
-- $6 claim_ms integer  $7 per_minute integer  $8 waiting_opens_at ms bigint  $9 opens_at ms bigint
-- $10 closes_at ms bigint  $11 seed bytea  $12 seed_commitment text  $13 index_leased_through bigint
-- $14 sku text[]  $15 item title text[]  $16 price_minor bigint[]  $17 currency text[]  $18 units integer[]
-- $19 extend_ms integer  $20 tokens text  $21 freeze_ms integer  $22 beacon_source text
-- $23 beacon_round bigint  $24 beacon_at ms bigint  $25 challenge_difficulty integer
-- $26 checkouts_at_once_max integer  $27 invited buyer ids text[] (null: everybody may join)
-- $28 when_redis_is_down text
WITH sale AS (
  INSERT INTO sales (
    id, title, method, per_buyer_limit, hold_ms, claim_ms, per_minute, waiting_opens_at, opens_at,
    closes_at, seed, seed_commitment, index_leased_through, extend_ms, tokens, freeze_ms, beacon_source,
    beacon_round, beacon_at, challenge_difficulty, checkouts_at_once_max, is_by_invitation,
    when_redis_is_down
  )
  VALUES (
    $1, $2, $3, $4, $5, $6, $7, to_timestamp($8::bigint / 1000.0), to_timestamp($9::bigint / 1000.0),
    to_timestamp($10::bigint / 1000.0), $11, $12, $13, $19, $20, $21, $22, $23,
    to_timestamp($24::bigint / 1000.0), $25, $26, $27::text[] IS NOT NULL, $28
  )
  ON CONFLICT (id) DO NOTHING
  RETURNING id, number
),
item AS MATERIALIZED (
  SELECT sale.id AS sale_id, item.*
  FROM sale, unnest($14::text[], $15::text[], $16::bigint[], $17::text[], $18::integer[])
    WITH ORDINALITY AS item (sku, title, price_minor, currency, units, place)
),
listed AS (
  INSERT INTO sale_items (sale_id, sku, line, title, price_minor, currency, units)
  SELECT sale_id, sku, place - 1, title, price_minor, currency, units FROM item
),
invited AS (
  INSERT INTO sale_invitations (sale_id, buyer_id)
  SELECT sale.id, buyer FROM sale, unnest($27::text[]) AS buyer
  ON CONFLICT DO NOTHING
),
relay AS (
  INSERT INTO sale_relays (sale_id) SELECT id FROM sale
),
entry AS (
  INSERT INTO ledger_transactions (kind, sale_id) SELECT 'sale_created', id FROM sale RETURNING id
),
brought AS (
  INSERT INTO postings (transaction_id, line, source, destination, asset, amount)
  SELECT entry.id, item.place - 1, 'stock/general', 'sale/' || item.sale_id || '/stock', 'unit/' || item.sku,
    item.units
  FROM entry, item
)
SELECT number FROM sale;
