-- Deliveries that are due, the longest waiting first.
--
-- $1 how many, integer
SELECT delivery_id FROM deliveries WHERE state = 'pending' AND next_attempt_at <= now()
ORDER BY next_attempt_at LIMIT $1;
