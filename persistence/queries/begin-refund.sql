-- Begins a refund: the row is there before the provider is asked. refunds_within_captured refuses more than
-- was captured.
--
-- $1 refund_id text  $2 buyer_id text  $3 payment_id text  $4 return_id text or null  $5 amount_minor bigint
-- $6 reason text  $7 requested_by text  $8 whether a person pays it past the provider, boolean
WITH raised AS (
  UPDATE payments SET refunding_minor = refunding_minor + $5::bigint
  WHERE buyer_id = $2 AND payment_id = $3 AND coalesce(state, '') = 'captured'
  RETURNING buyer_id, payment_id, order_id, sale_id, currency
)
INSERT INTO refunds (
  refund_id, buyer_id, order_id, payment_id, sale_id, return_id, amount_minor, currency, reason, requested_by,
  is_outside
)
SELECT $1, buyer_id, order_id, payment_id, sale_id, $4, $5, currency, $6, $7, $8 FROM raised
RETURNING created_at;
