-- Up Migration

-- A refund that a provider had called paid back may fail afterwards: the bank sends it back. It is `failed` then, its
-- payment has something left to give back, and an entry of its own takes back what it posted.
DROP TRIGGER refund_transition ON refunds;
CREATE TRIGGER refund_transition BEFORE UPDATE OF state ON refunds FOR EACH ROW
  WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
    ('initiated', 'refunded'), ('initiated', 'failed'), ('refunded', 'failed')
  ))
  EXECUTE FUNCTION refuse_transition('state');

DROP TRIGGER payment_transition ON payments;
CREATE TRIGGER payment_transition BEFORE UPDATE OF state ON payments FOR EACH ROW
  WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
    ('initiated', 'authorized'), ('initiated', 'captured'), ('initiated', 'declined'),
    ('authorized', 'captured'), ('authorized', 'voided'),
    ('captured', 'refunded'), ('refunded', 'captured')
  ))
  EXECUTE FUNCTION refuse_transition('state');

ALTER TABLE ledger_transactions
  DROP CONSTRAINT ledger_kind_is_known,
  ADD CONSTRAINT ledger_kind_is_known CHECK (kind IN (
    'sale_created', 'units_adjusted', 'order_confirmed', 'order_refunded', 'units_returned',
    'units_return_corrected', 'captured_late', 'refund_failed'
  ));
