-- Orders, payments, refunds and returns of a sale that contradict each other, or that nobody has gone on with
-- for too long.
--
-- $1 sale_id text  $2 after which a payment should have been looked at, ms integer
-- $3 after which a refund or a return should be done, ms integer
WITH payment AS MATERIALIZED (
  SELECT payments.payment_id, payments.buyer_id, payments.order_id, payments.state, payments.amount_minor,
    payments.currency, payments.refunding_minor, payments.unresolved,
    greatest(payments.created_at, payments.settled_at, payments.lease_until) AS touched_at,
    orders.status AS order_status,
    orders.status IS NOT NULL AND orders.status NOT IN ('pending', 'failed', 'cancelled') AS is_confirmed
  FROM payments
    LEFT JOIN orders ON orders.buyer_id = payments.buyer_id AND orders.order_id = payments.order_id
  WHERE payments.sale_id = $1
)
SELECT 'orphanPayment' AS kind, payment_id AS subject,
  format('%s %s captured, order %s is %s, and no refund of all of it has begun',
    amount_minor, currency, order_id, coalesce(order_status, 'not there')) AS detail
FROM payment WHERE state = 'captured' AND NOT is_confirmed AND refunding_minor < amount_minor
UNION ALL
SELECT 'orphanPayment', payment_id, format('it is %s, and its order %s is not there', state, order_id)
FROM payment WHERE state IN ('initiated', 'authorized') AND order_status IS NULL
UNION ALL
SELECT 'paidTwice', order_id, format('%s were captured and not given back', string_agg(payment_id, ', '))
FROM payment WHERE state = 'captured' AND refunding_minor < amount_minor
GROUP BY buyer_id, order_id HAVING count(*) > 1
UNION ALL
SELECT 'missingPayment', orders.order_id, format('it is %s, and no payment of it was captured', orders.status)
FROM orders
WHERE orders.sale_id = $1 AND orders.status NOT IN ('pending', 'failed', 'cancelled')
  -- By the key of each, whatever the statistics say: as an anti-join it was planned from what they said before
  -- the rush, as a loop in a loop, and took 4 s for 4,200 orders.
  AND (
    SELECT true FROM payments
    WHERE payments.buyer_id = orders.buyer_id AND payments.order_id = orders.order_id
      AND payments.sale_id = $1 AND payments.state IN ('captured', 'refunded')
    LIMIT 1
  ) IS NULL
UNION ALL
SELECT 'unresolvedPayment', payment_id, unresolved FROM payment WHERE unresolved IS NOT NULL
UNION ALL
SELECT 'stuckSaga', payment_id, format('it is %s, and nobody acts on it', state)
FROM payment
WHERE state IN ('initiated', 'authorized') AND unresolved IS NULL
  AND touched_at < now() - $2::integer * interval '1 millisecond'
UNION ALL
SELECT 'stuckRefund', refund_id,
  format('%s %s of payment %s: the provider has not answered since %s', amount_minor, currency, payment_id,
    to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
FROM refunds
WHERE sale_id = $1 AND state = 'initiated' AND created_at < now() - $3::integer * interval '1 millisecond'
UNION ALL
SELECT 'stuckReturn', restock_id, format('%s %s of order %s are %s', quantity, sku, order_id, state)
FROM restocks
WHERE sale_id = $1 AND state IN ('owed', 'to_sale') AND created_at < now() - $3::integer * interval '1 millisecond'
ORDER BY kind, subject;
