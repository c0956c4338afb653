-- A payment that nobody else changes until the transaction ends.
--
-- $1 payment_id text
SELECT payment_id FROM payments WHERE payment_id = $1 FOR NO KEY UPDATE;
