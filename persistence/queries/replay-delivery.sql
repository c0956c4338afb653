-- Makes a delivery due at once, whatever came of it.
--
-- $1 delivery_id text
UPDATE deliveries SET state = 'pending', next_attempt_at = now() WHERE delivery_id = $1 RETURNING delivery_id;
