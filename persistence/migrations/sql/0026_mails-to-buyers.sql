-- Up Migration

-- Where mail about an order goes, as the login said that began it; null: nowhere. Whoever reads the claim has
-- made sure that it is one address; here is what a header must never get.
ALTER TABLE orders ADD COLUMN buyer_email text
  CONSTRAINT buyer_email_is_one_word CHECK (length(buyer_email) <= 254 AND buyer_email !~ '[[:space:][:cntrl:]<>,]');

-- One mail to one buyer, as it will be sent: what it tells stays true. The row says when it is due; a job only
-- wakes a worker.
CREATE TABLE mails (
  mail_id text COLLATE "C" PRIMARY KEY,
  buyer_id text COLLATE "C" NOT NULL,
  order_id text COLLATE "C" NOT NULL,
  kind text NOT NULL,
  -- Empty where it is not about a refund.
  refund_id text COLLATE "C" NOT NULL DEFAULT '',
  recipient text NOT NULL,
  subject text NOT NULL,
  body_text text NOT NULL,
  body_html text NOT NULL,
  state text NOT NULL DEFAULT 'pending',
  -- Those that were begun: an attempt is counted before it is made.
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT mail_kind_is_known CHECK (kind IN ('confirmation', 'payment_problem', 'shipment', 'refund')),
  CONSTRAINT mail_state_is_known CHECK (state IN ('pending', 'sent', 'failed', 'dropped')),
  CONSTRAINT a_buyer_is_told_once UNIQUE (buyer_id, order_id, kind, refund_id)
);

CREATE INDEX mails_to_find_again ON mails (next_attempt_at) WHERE state = 'pending';

CREATE TABLE mail_attempts (
  mail_id text COLLATE "C" NOT NULL,
  attempt integer NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  duration_ms integer NOT NULL,
  -- The reply code of the SMTP server; null where there was none.
  status integer,
  -- Why it does not count as sent, without the address.
  error text,
  PRIMARY KEY (mail_id, attempt)
);
