-- What Postgres knows of the reservations of a sale, one row each: the last that the journal says of it, its
-- order, and its payments. An order whose hold never came through the outbox is one of them, too.
--
-- $1 sale_id text
WITH journaled AS MATERIALIZED (
  SELECT DISTINCT ON (reservation_id) reservation_id, type, at, buyer_id, turn, items, deadline, attempt_id,
    position_ms || '-' || position_n AS position,
    bool_or(
      type = 'reservation.extended' AND deadline - at <> sales.hold_ms * interval '1 millisecond'
    ) OVER (PARTITION BY reservation_id) AS is_extended
  FROM reservation_events JOIN sales ON sales.id = reservation_events.sale_id
  WHERE sale_id = $1 AND reservation_id IS NOT NULL AND type <> 'reservation.restocked'
  ORDER BY reservation_id, position_ms DESC, position_n DESC
),
-- What the guard has let go of is back in the sale, what is owed is not yet.
returned AS MATERIALIZED (
  SELECT reservation_id,
    coalesce(jsonb_agg(jsonb_build_array(restock_id, items) ORDER BY restock_id) FILTER (WHERE items <> ''), '[]')
      AS returns,
    coalesce(array_agg(restock_id) FILTER (WHERE is_in_sale), '{}') AS in_sale
  FROM (
    SELECT reservation_id, restock_id,
      coalesce(
        string_agg(sku || ':' || quantity, ',' ORDER BY sku) FILTER (WHERE state IN ('to_sale', 'in_sale')), ''
      ) AS items,
      bool_and(state = 'in_sale') AS is_in_sale
    FROM restocks WHERE sale_id = $1
    GROUP BY reservation_id, restock_id
  ) AS restock
  GROUP BY reservation_id
),
-- What was said last is what is paid: a quote is committed before its hold names it.
quoted AS MATERIALIZED (
  SELECT DISTINCT ON (reservation_id) reservation_id, quote_id
  FROM quotes WHERE sale_id = $1
  ORDER BY reservation_id, number DESC, quoted_at DESC
),
ordered AS MATERIALIZED (
  SELECT orders.reservation_id, orders.buyer_id, orders.status, orders.created_at, item.items,
    paid.live_payment_id, coalesce(paid.attempts, '{}') AS attempts, paid.touched_at
  FROM orders
    CROSS JOIN LATERAL (
      SELECT string_agg(sku || ':' || quantity, ',' ORDER BY sku) AS items FROM order_items
      WHERE order_items.buyer_id = orders.buyer_id AND order_items.order_id = orders.order_id
    ) AS item
    CROSS JOIN LATERAL (
      SELECT array_agg(payment_id) AS attempts,
        max(payment_id) FILTER (WHERE state IN ('initiated', 'authorized', 'captured', 'refunded'))
          AS live_payment_id,
        max(greatest(created_at, settled_at)) AS touched_at
      FROM payments
      WHERE payments.buyer_id = orders.buyer_id AND payments.order_id = orders.order_id
    ) AS paid
  WHERE orders.sale_id = $1
)
SELECT reservation_id,
  coalesce(ordered.buyer_id, journaled.buyer_id) AS buyer_id,
  journaled.turn,
  coalesce(ordered.items, journaled.items) AS items,
  journaled.type AS last_event,
  journaled.position AS last_position,
  coalesce(journaled.deadline, ordered.created_at + sales.hold_ms * interval '1 millisecond') AS deadline,
  coalesce(
    journaled.type = 'reservation.held' AND sales.claim_ms <> sales.hold_ms
      AND journaled.deadline - journaled.at = sales.claim_ms * interval '1 millisecond',
    false
  ) AS is_untouched,
  coalesce(journaled.is_extended, false) AS is_extended,
  coalesce(returned.returns, '[]') AS returns,
  coalesce(returned.in_sale, '{}') AS in_sale,
  returned.reservation_id IS NOT NULL AS was_sold,
  ordered.status AS order_status,
  ordered.live_payment_id,
  journaled.attempt_id AS last_attempt_id,
  coalesce(ordered.attempts, '{}') AS attempts,
  quoted.quote_id,
  -- When Postgres last heard of a payment of it, in ms, and null where it never did.
  (extract(epoch FROM now() - ordered.touched_at) * 1000)::bigint AS touched_ago_ms
FROM journaled
  FULL JOIN ordered USING (reservation_id)
  -- In full, because that is merged or hashed, whatever the statistics say: they are of before the rush.
  FULL JOIN quoted USING (reservation_id)
  LEFT JOIN returned USING (reservation_id)
  JOIN sales ON sales.id = $1
WHERE journaled.reservation_id IS NOT NULL OR ordered.reservation_id IS NOT NULL
ORDER BY reservation_id;
