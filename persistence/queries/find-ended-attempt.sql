-- An attempt that has ended without money; no row where it was never made, or may bring some.
--
-- $1 payment_id text  $2 buyer_id text
SELECT payment_id FROM payments
WHERE payment_id = $1 AND buyer_id = $2 AND state IN ('declined', 'voided', 'abandoned');
