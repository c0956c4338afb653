-- Payments of sales that sell slowly which nobody acts on: no job can wake anybody for them.
--
-- $1 how many, integer
SELECT payment_id FROM payments
WHERE state = 'initiated' AND sale_id IN (SELECT id FROM sales WHERE mode = 'slow')
  AND coalesce(greatest(lease_until, looks_again_at) < now(), true)
ORDER BY created_at
LIMIT $1;
