-- A sale as its rows describe it, to publish it or to answer about it.
--
-- $1 id text
SELECT
  sales.id, sales.number, sales.title, sales.method, sales.per_buyer_limit, sales.hold_ms, sales.claim_ms,
  sales.per_minute, sales.waiting_opens_at, sales.opens_at, sales.closes_at, sales.seed_commitment,
  sales.extend_ms, sales.tokens, sales.state, sales.epoch, sales.mode, sales.index_leased_through, sales.published_at,
  sales.freeze_ms, sales.beacon_source, sales.beacon_round, sales.beacon_at, sales.frozen_at,
  sales.challenge_difficulty, sales.checkouts_at_once_max, sales.is_by_invitation, sales.open_commanded_at, sales.revision,
  items.items
FROM sales
  LEFT JOIN LATERAL (
    SELECT jsonb_agg(
      jsonb_build_object('sku', sku, 'title', title, 'priceMinor', price_minor, 'currency', currency,
        'units', units, 'committed', committed)
      ORDER BY line
    ) AS items
    FROM sale_items WHERE sale_id = sales.id
  ) AS items ON true
WHERE sales.id = $1;
