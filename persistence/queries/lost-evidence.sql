-- Everything that Postgres knows about a reservation, named by the id of it, its order, a payment, a refund or a
-- return; an empty object where the subject is none of these. Neither card nor address is in it.
--
-- $1 sale_id text  $2 subject text
WITH named AS MATERIALIZED (
  SELECT CASE
    WHEN $2 ~ '^(rsv|ord)_' THEN 'ord_' || substr($2, 5)
    WHEN $2 LIKE 'pay\_%' THEN (SELECT order_id FROM payments WHERE sale_id = $1 AND payment_id = $2)
    WHEN $2 LIKE 'rfd\_%' THEN (SELECT order_id FROM refunds WHERE sale_id = $1 AND refund_id = $2)
    WHEN $2 LIKE 'ret\_%' THEN (SELECT order_id FROM restocks WHERE sale_id = $1 AND restock_id = $2 LIMIT 1)
  END AS order_id
)
SELECT CASE WHEN named.order_id IS NULL THEN '{}'::jsonb ELSE jsonb_build_object(
  'order', (
    SELECT jsonb_build_object('orderId', order_id, 'buyerId', buyer_id, 'status', status, 'total', total_minor,
      'currency', currency, 'createdAt', created_at)
    FROM orders WHERE sale_id = $1 AND orders.order_id = named.order_id
  ),
  'items', (
    SELECT jsonb_agg(jsonb_build_object('sku', sku, 'quantity', quantity) ORDER BY line)
    FROM order_items WHERE order_items.order_id = named.order_id
  ),
  'history', (
    SELECT jsonb_agg(jsonb_build_object('at', at, 'from', from_status, 'to', to_status, 'by', by, 'reason', reason)
      ORDER BY at)
    FROM order_history WHERE order_history.order_id = named.order_id
  ),
  'payments', (
    SELECT jsonb_agg(jsonb_build_object('paymentId', payment_id, 'state', state, 'amount', amount_minor,
      'currency', currency, 'provider', provider, 'providerReference', provider_reference,
      'declineCode', decline_code, 'unresolved', unresolved, 'steps', saga, 'createdAt', created_at,
      'settledAt', settled_at, 'refunding', refunding_minor) ORDER BY created_at)
    FROM payments WHERE sale_id = $1 AND payments.order_id = named.order_id
  ),
  'refunds', (
    SELECT jsonb_agg(jsonb_build_object('refundId', refund_id, 'state', state, 'amount', amount_minor,
      'currency', currency, 'reason', reason, 'failureCode', failure_code, 'createdAt', created_at)
      ORDER BY created_at)
    FROM refunds WHERE sale_id = $1 AND refunds.order_id = named.order_id
  ),
  'returned', (
    SELECT jsonb_agg(jsonb_build_object('id', restock_id, 'sku', sku, 'quantity', quantity, 'state', state))
    FROM restocks WHERE sale_id = $1 AND restocks.order_id = named.order_id
  ),
  'journal', (
    SELECT jsonb_agg(jsonb_build_object('position', position_ms || '-' || position_n, 'type', type, 'at', at,
      'epoch', epoch, 'buyerId', buyer_id, 'turn', turn, 'items', items, 'deadline', deadline,
      'attemptId', attempt_id) ORDER BY position_ms, position_n)
    FROM reservation_events
    WHERE sale_id = $1 AND reservation_id = 'rsv_' || substr(named.order_id, 5)
  ),
  'ledger', (
    SELECT jsonb_agg(jsonb_build_object('id', entry.id, 'kind', entry.kind, 'reference', entry.reference,
      'postedAt', entry.posted_at, 'postings', (
        SELECT jsonb_agg(jsonb_build_object('from', source, 'to', destination, 'asset', asset, 'amount', amount)
          ORDER BY line)
        FROM postings WHERE transaction_id = entry.id
      )) ORDER BY entry.id)
    FROM ledger_transactions AS entry WHERE entry.sale_id = $1 AND entry.order_id = named.order_id
  )
) END AS evidence
FROM named;
