-- A refund that failed after its provider had called it paid back: an entry of its own takes back what it posted, its
-- amount may be refunded in another way, and a person is asked. Order and return stay where they are. Runs while the
-- order is locked. Only a refunded one fails so, so a repeat changes nothing; returns it where this is news.
--
-- $1 refund_id text  $2 buyer_id text  $3 failure_code text  $4 why a person has to decide text
WITH failed AS MATERIALIZED (
  UPDATE refunds SET state = 'failed', failure_code = $3, settled_at = now()
  WHERE refund_id = $1 AND buyer_id = $2 AND state = 'refunded'
  RETURNING refund_id, buyer_id, order_id, payment_id, sale_id, amount_minor, currency
),
reopened AS MATERIALIZED (
  UPDATE payments
  SET state = 'captured', refunding_minor = refunding_minor - failed.amount_minor,
    unresolved = concat_ws(', ', payments.unresolved, $4::text),
    saga = saga || jsonb_build_object('step', 'unresolved', 'at', now(), 'reason', $4::text)
  FROM failed
  WHERE payments.buyer_id = failed.buyer_id AND payments.payment_id = failed.payment_id
  RETURNING payments.provider
),
entry AS (
  INSERT INTO ledger_transactions (kind, sale_id, order_id, payment_id, reference)
  SELECT 'refund_failed', sale_id, order_id, payment_id, refund_id FROM failed
  RETURNING id
),
posted AS (
  INSERT INTO postings (transaction_id, line, source, destination, asset, amount)
  SELECT entry.id, 0, 'provider/' || reopened.provider, 'sale/' || failed.sale_id || '/revenue',
    failed.currency, failed.amount_minor
  FROM entry CROSS JOIN failed CROSS JOIN reopened
)
SELECT refund_id FROM failed;
