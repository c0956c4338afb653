-- Claims initiated payments for whoever is to act on them: nobody else does until the lease ends. The
-- provider that is to be asked is written before it is asked, and since when; one that may have been asked before
-- stays. Returns every named payment as it is now, claimed or not, in no particular order: `fence`, `asked` and
-- `asked_at` are null where it was not. `was_asked` is who may have been asked before this claim. `waits_until` is how
-- long the sale lets a payment wait that nobody was asked for.
--
-- $1 payment_id text[]  $2 the provider to ask where the buyer has a token for it, text[]
-- $3 lease in milliseconds, integer  $4 the first provider, text
WITH named AS MATERIALIZED (
  SELECT payments.*,
    coalesce(payments.state, '') = 'initiated' AND coalesce(payments.lease_until < now(), true) AS is_free,
    coalesce(payments.asked, CASE
      WHEN payments.payment_tokens ? named.preferred THEN named.preferred ELSE $4 END) AS to_ask
  FROM unnest($1::text[], $2::text[]) AS named (payment_id, preferred)
    JOIN payments ON payments.payment_id = named.payment_id
  ORDER BY payments.payment_id
  FOR NO KEY UPDATE OF payments
),
-- The rows are locked, so what is written here is what is returned below.
claimed AS (
  UPDATE payments
  SET fence = named.fence + 1, lease_until = now() + $3::integer * interval '1 millisecond',
    asked = named.to_ask, asked_at = coalesce(named.asked_at, now())
  FROM named
  WHERE named.is_free AND payments.payment_id = named.payment_id AND payments.buyer_id = named.buyer_id
)
SELECT
  named.payment_id, named.buyer_id, named.order_id, named.sale_id, named.state,
  named.amount_minor, named.currency, named.payment_token, named.payment_tokens,
  named.decline_code, named.created_at, named.request_id, named.provider, named.provider_reference,
  named.next_action, named.action_until, named.unresolved, named.key_over_at,
  named.asked AS was_asked,
  CASE WHEN named.is_free THEN named.to_ask END AS asked,
  CASE WHEN named.is_free THEN coalesce(named.asked_at, now()) END AS asked_at,
  CASE WHEN named.is_free THEN named.fence + 1 END AS fence,
  named.created_at + coalesce(sale.hold_ms, 0) * interval '1 millisecond' AS waits_until,
  coalesce(orders.order_number, '') AS order_number,
  coalesce(orders.status, 'failed') AS order_status
FROM named
  LEFT JOIN LATERAL (SELECT hold_ms FROM sales WHERE id = named.sale_id LIMIT 1) AS sale ON true
  LEFT JOIN LATERAL (
    SELECT order_number, status FROM orders
    WHERE buyer_id = named.buyer_id AND order_id = named.order_id LIMIT 1
  ) AS orders ON true;
