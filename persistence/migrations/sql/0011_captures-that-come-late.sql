-- Up Migration

-- A capture whose order had ended is money that came in, and goes back as a refund.
ALTER TABLE ledger_transactions
  DROP CONSTRAINT ledger_kind_is_known,
  ADD CONSTRAINT ledger_kind_is_known CHECK (kind IN (
    'sale_created', 'units_adjusted', 'order_confirmed', 'order_refunded', 'units_returned',
    'units_return_corrected', 'captured_late'
  ));
