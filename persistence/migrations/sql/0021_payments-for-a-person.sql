-- Up Migration

-- Listed a page at a time, oldest first: a payment's id begins with when its checkout was made.
DROP INDEX payments_unresolved;
CREATE INDEX payments_unresolved ON payments (payment_id) WHERE unresolved IS NOT NULL;
