-- A refund with what it takes to ask for it, by its id alone.
--
-- $1 refund_id text
SELECT refunds.refund_id, refunds.buyer_id, refunds.order_id, refunds.payment_id, refunds.state,
  refunds.amount_minor, refunds.currency, refunds.reason, refunds.created_at, refunds.looks,
  refunds.provider_reference AS provider_refund_reference, payments.provider, payments.provider_reference
FROM refunds JOIN payments
  ON payments.buyer_id = refunds.buyer_id AND payments.payment_id = refunds.payment_id
WHERE refunds.refund_id = $1;
