-- Takes what is to be told out of the outbox, oldest first. Rows that another worker is taking are passed by.
--
-- $1 how many, integer
WITH due AS MATERIALIZED (
  SELECT id FROM outbox WHERE id > 0 ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED
)
DELETE FROM outbox USING due
WHERE outbox.id = due.id
RETURNING outbox.id, outbox.type, outbox.sale_id, outbox.buyer_id, outbox.order_id, outbox.subject, outbox.at;
