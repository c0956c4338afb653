-- What is told about orders, in no particular order, with the refund or the payment that an event is about. Why a
-- payment was declined is its own to say, also after the next one; an order alone says why the last one was.
--
-- $1 buyer_id text[]  $2 order_id text[]  $3 subject text[], the refund_id or payment_id, empty where there is none
SELECT named.order_id, named.subject, orders.buyer_id, orders.order_number, orders.currency,
  orders.subtotal_minor, orders.discount_minor, orders.shipping_minor, orders.tax_minor, orders.total_minor,
  orders.buyer_email, coalesce(payment.decline_code, orders.last_payment_error ->> 'declineCode') AS decline_code,
  coalesce(refund.refund_id, '') AS refund_id, refund.amount_minor AS refund_minor, refund.reason AS refund_reason,
  coalesce(refund.is_outside, false) AS refund_is_outside,
  items.items
FROM unnest($1::text[], $2::text[], $3::text[]) AS named (buyer_id, order_id, subject)
  JOIN orders ON orders.buyer_id = named.buyer_id AND orders.order_id = named.order_id
  LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('sku', sku, 'title', title, 'quantity', quantity,
      'lineTotalMinor', line_total_minor) ORDER BY line) AS items
    FROM order_items WHERE buyer_id = named.buyer_id AND order_id = named.order_id
  ) AS items ON true
  LEFT JOIN LATERAL (
    SELECT refund_id, amount_minor, reason, is_outside FROM refunds
    WHERE refunds.refund_id = named.subject AND refunds.buyer_id = named.buyer_id
  ) AS refund ON true
  LEFT JOIN LATERAL (
    SELECT decline_code FROM payments
    WHERE payments.payment_id = named.subject AND payments.buyer_id = named.buyer_id
  ) AS payment ON true;
