-- Claims initiated payments for whoever is to act on them: nobody else does until the lease ends. The
-- provider that is to be asked is written before it is asked; one that may have been asked before stays.
-- Returns every named payment as it is now, claimed or not, in no particular order. `was_asked` is who may
-- have been asked before this claim. `waits_until` is how long the sale lets a payment wait that nobody was
-- asked for.
--
-- $1 payment_id text[]  $2 the provider to ask where the buyer has a token for it, text[]
-- $3 lease in milliseconds, integer  $4 the first provider, text
WITH named AS MATERIALIZED (
  SELECT payments.payment_id, payments.buyer_id, named.preferred, payments.asked AS was_asked,
    coalesce(payments.state, '') = 'initiated' AND coalesce(payments.lease_until < now(), true) AS is_free
  FROM unnest($1::text[], $2::text[]) AS named (payment_id, preferred)
    JOIN payments ON payments.payment_id = named.payment_id
  ORDER BY payments.payment_id
  FOR NO KEY UPDATE OF payments
),
claimed AS (
  UPDATE payments
  SET fence = payments.fence + 1, lease_until = now() + $3::integer * interval '1 millisecond',
    asked = coalesce(payments.asked, CASE
      WHEN payments.payment_tokens ? named.preferred THEN named.preferred ELSE $4 END)
  FROM named
  WHERE named.is_free AND payments.payment_id = named.payment_id AND payments.buyer_id = named.buyer_id
  RETURNING payments.payment_id, payments.fence, payments.asked
)
SELECT
  payments.payment_id, payments.buyer_id, payments.order_id, payments.sale_id, payments.state,
  payments.amount_minor, payments.currency, payments.payment_token, payments.payment_tokens,
  payments.decline_code, payments.created_at, payments.provider, payments.provider_reference,
  payments.next_action, payments.action_until, payments.unresolved,
  named.was_asked, claimed.asked, claimed.fence,
  payments.created_at + coalesce(sale.hold_ms, 0) * interval '1 millisecond' AS waits_until,
  coalesce(orders.order_number, '') AS order_number,
  coalesce(orders.status, 'failed') AS order_status
FROM named
  JOIN payments ON payments.payment_id = named.payment_id AND payments.buyer_id = named.buyer_id
  LEFT JOIN claimed ON claimed.payment_id = named.payment_id
  LEFT JOIN LATERAL (SELECT hold_ms FROM sales WHERE id = payments.sale_id LIMIT 1) AS sale ON true
  LEFT JOIN LATERAL (
    SELECT order_number, status FROM orders
    WHERE buyer_id = payments.buyer_id AND order_id = payments.order_id LIMIT 1
  ) AS orders ON true;
