-- Takes a mail that is due for one attempt, which is counted at once: until the lease ends nobody else makes
-- one. No row where it is done, not due yet, or somebody else's. Says what has become of its order.
--
-- $1 mail_id text  $2 lease in ms, bigint
WITH claimed AS (
  UPDATE mails
  SET attempts = attempts + 1, next_attempt_at = now() + $2::bigint * interval '1 millisecond'
  WHERE mail_id = $1 AND coalesce(state, '') = 'pending' AND next_attempt_at <= now()
  RETURNING buyer_id, order_id, kind, refund_id, recipient, subject, body_text, body_html, attempts
)
SELECT claimed.order_id, claimed.kind, claimed.refund_id, claimed.recipient, claimed.subject,
  claimed.body_text, claimed.body_html, claimed.attempts AS attempt, orders.status AS order_status
FROM claimed JOIN orders ON orders.buyer_id = claimed.buyer_id AND orders.order_id = claimed.order_id;
