-- Payments that should have been settled by now, oldest first.
--
-- $1 age in milliseconds, integer  $2 how many, integer
SELECT payment_id FROM payments
WHERE state = 'initiated' AND created_at < now() - $1::integer * interval '1 millisecond'
ORDER BY created_at
LIMIT $2;
