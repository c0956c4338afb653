-- How far a sale had come when it was lost: its relay, its waiting room, and what its events say.
--
-- $1 sale_id text
SELECT sale_relays.position, placed.through AS placed_through,
  sale_relays.missed_below, sale_relays.progress_at,
  greatest(sale_relays.serving, events.called) AS serving, events.opened_at,
  greatest(events.last_at, sale_relays.progress_at, sales.created_at) AS last_at
FROM sale_relays
  JOIN sales ON sales.id = sale_relays.sale_id
  CROSS JOIN LATERAL (
    SELECT coalesce(max(turn) + 1, 0) AS called, max(at) AS last_at,
      min(at) FILTER (WHERE type = 'sale.opened') AS opened_at
    FROM reservation_events WHERE sale_id = $1
  ) AS events
  CROSS JOIN LATERAL (
    SELECT coalesce(max(first_index + octet_length(places) / 12), 0) AS through
    FROM place_events WHERE sale_id = $1 AND first_index IS NOT NULL
  ) AS placed
WHERE sale_relays.sale_id = $1;
