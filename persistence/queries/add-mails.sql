-- Mails to buyers; one that its buyer is told already stays as it is.
--
-- $1 mail_id text[]  $2 buyer_id text[]  $3 order_id text[]  $4 kind text[]  $5 refund_id text[]
-- $6 recipient text[]  $7 subject text[]  $8 body_text text[]  $9 body_html text[]
INSERT INTO mails (mail_id, buyer_id, order_id, kind, refund_id, recipient, subject, body_text, body_html)
SELECT * FROM unnest(
  $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[]
)
ON CONFLICT DO NOTHING;
