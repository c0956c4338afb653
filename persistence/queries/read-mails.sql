-- Mails with their attempts, newest first: ids sort by creation.
--
-- $1 only this mail_id text, or null  $2 only mails before this mail_id text, or null  $3 how many, integer
SELECT page.mail_id, page.order_id, page.kind, page.refund_id, page.recipient, page.subject, page.state,
  page.next_attempt_at, page.created_at, coalesce(attempts.attempts, '[]') AS attempts
FROM (
    SELECT * FROM mails
    WHERE mail_id > '' AND ($1::text IS NULL OR mail_id = $1) AND ($2::text IS NULL OR mail_id < $2)
    ORDER BY mail_id DESC
    LIMIT $3
  ) AS page
  LEFT JOIN LATERAL (
    SELECT jsonb_agg(to_jsonb(mail_attempts) ORDER BY attempt) AS attempts FROM mail_attempts
    WHERE mail_id = page.mail_id
  ) AS attempts ON true
ORDER BY page.mail_id DESC;
