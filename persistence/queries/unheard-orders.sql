-- Holds of orders that wait for another card, of which the journal has not heard: nothing but Redis knows that they are
-- held, and only their end ends such an order.
--
-- $1 sale_id text
SELECT reservation_id
FROM orders
WHERE sale_id = $1 AND status = 'pending'
  AND NOT EXISTS (
    SELECT FROM reservation_events
    WHERE sale_id = $1 AND reservation_id = orders.reservation_id
  );
