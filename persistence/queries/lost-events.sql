-- Events of providers that nobody has acted on, oldest first, with where their payments and refunds stand.
-- While somebody acts on a payment its events wait: whoever does may have asked before they happened. So does what may
-- say that a refund failed, until the refund has come to an end. What could not be acted on waits its pause.
--
-- $1 how many, integer  $2 types that may say that a refund failed, text[]
SELECT event.provider, event.event_id, event.type, event.refund_id, event.provider_reference,
  event.looks,
  coalesce(event.payment_id, refunds.payment_id) AS payment_id,
  payments.state AS payment_state, refunds.state AS refund_state
FROM provider_events AS event
  LEFT JOIN payments ON payments.payment_id = event.payment_id
  LEFT JOIN refunds ON refunds.refund_id = event.refund_id
WHERE event.acted_at IS NULL
  AND coalesce(event.looks_again_at <= now(), true)
  AND NOT coalesce(payments.state = 'initiated' AND payments.lease_until > now(), false)
  AND NOT coalesce(refunds.state = 'initiated' AND event.type = ANY ($2::text[]), false)
ORDER BY event.received_at
LIMIT $1;
