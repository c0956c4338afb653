-- Refunds that are not settled and are due to be looked at, the longest waiting first.
--
-- $1 how many, integer
SELECT refund_id FROM refunds WHERE state = 'initiated' AND looks_again_at <= now()
ORDER BY looks_again_at LIMIT $1;
