-- Events of providers that nobody has acted on, oldest first, with where their payments and refunds stand.
-- While somebody acts on a payment its events wait: whoever does may have asked before they happened.
--
-- $1 how many, integer
SELECT event.provider, event.event_id, event.type, event.payment_id, event.refund_id,
  payments.state AS payment_state, refunds.state AS refund_state
FROM provider_events AS event
  LEFT JOIN payments ON payments.payment_id = event.payment_id
  LEFT JOIN refunds ON refunds.refund_id = event.refund_id
WHERE event.acted_at IS NULL
  AND NOT coalesce(payments.state = 'initiated' AND payments.lease_until > now(), false)
ORDER BY event.received_at
LIMIT $1;
