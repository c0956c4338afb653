-- Holds whose orders are confirmed, and of which Redis should have confirmed by now; oldest first.
--
-- $1 age in milliseconds, integer  $2 how many, integer
SELECT sale_id, reservation_id, payment_id FROM unconfirmed_holds
WHERE since < now() - $1::integer * interval '1 millisecond'
ORDER BY since
LIMIT $2;
