-- Payments that nobody acts on and that are not settled, oldest first: never claimed for too long, or with a
-- lease that ended, or due to be looked at again.
--
-- $1 age of those that were never claimed, in milliseconds, integer  $2 how many, integer
SELECT payment_id FROM payments
WHERE state = 'initiated'
  AND coalesce(greatest(lease_until, looks_again_at), created_at + $1::integer * interval '1 millisecond')
    < now()
ORDER BY created_at
LIMIT $2;
