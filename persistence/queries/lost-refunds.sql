-- Refunds that the provider has not answered, oldest first.
--
-- $1 how many, integer
SELECT refund_id FROM refunds WHERE state = 'initiated' ORDER BY created_at LIMIT $1;
