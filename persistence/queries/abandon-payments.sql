-- The fence: takes the place of `initiated` for attempts whose pins lapsed before anything was committed, or are
-- given up. Returns those that were won; a gateway that comes later with one of them is refused.
--
-- $1 sale_id text  $2 payment_id text[]  $3 buyer_id text[]  $4 order_id text[]
-- $5 refusal text[], each a JSON object, or null; empty where nobody is told
INSERT INTO payments (payment_id, buyer_id, order_id, sale_id, state, settled_at, refusal)
SELECT pin.payment_id, pin.buyer_id, pin.order_id, $1, 'abandoned', now(), pin.refusal::json
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS pin (payment_id, buyer_id, order_id, refusal)
ORDER BY pin.payment_id
ON CONFLICT (payment_id, buyer_id) DO NOTHING
RETURNING payment_id;
