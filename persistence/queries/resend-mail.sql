-- Makes a mail due at once, whatever came of it.
--
-- $1 mail_id text
UPDATE mails SET state = 'pending', next_attempt_at = now() WHERE mail_id = $1 RETURNING mail_id;
