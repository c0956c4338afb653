-- Payments of a sale that may have moved money, and whose pins the journal has not heard of.
--
-- $1 sale_id text
SELECT orders.reservation_id, payments.payment_id
FROM orders
  JOIN payments ON payments.buyer_id = orders.buyer_id AND payments.order_id = orders.order_id
WHERE orders.sale_id = $1 AND orders.status IN ('pending', 'confirmed')
  AND payments.state IN ('initiated', 'authorized', 'captured')
  AND NOT EXISTS (
    SELECT FROM reservation_events
    WHERE sale_id = $1 AND reservation_id = orders.reservation_id
      AND type = 'reservation.payment_begun' AND attempt_id = payments.payment_id
  );
