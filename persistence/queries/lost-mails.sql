-- Mails that are due, the longest waiting first.
--
-- $1 how many, integer
SELECT mail_id FROM mails WHERE state = 'pending' AND next_attempt_at <= now()
ORDER BY next_attempt_at LIMIT $1;
