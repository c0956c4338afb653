-- Up Migration

ALTER TABLE payments
  -- The tokens of this card at other providers, by their names; forgotten with payment_token.
  ADD COLUMN payment_tokens jsonb,
  -- The one provider that may have been asked. Written before it is asked; taken back only by whoever is
  -- certain that nothing was sent, or that it refused to work. So a payment never reaches two of them.
  ADD COLUMN asked text,
  -- Rises with each claim: what an older one wanted to take back stays.
  ADD COLUMN fence integer NOT NULL DEFAULT 0,
  -- Whoever claimed it acts alone until then; also when a payment that waits is looked at next.
  ADD COLUMN lease_until timestamptz,
  -- The buyer's own part (3-D Secure): where it is done, and until when it is waited for.
  ADD COLUMN next_action jsonb,
  ADD COLUMN action_until timestamptz,
  -- What no machine can decide, in a sentence; a person is asked.
  ADD COLUMN unresolved text,
  -- The steps of the saga that were committed, as they were: an array of {step, at, …}. A column, because a
  -- row a step would cost an insert and an index entry each, and these ride on updates that happen anyway.
  ADD COLUMN saga jsonb NOT NULL DEFAULT jsonb_build_array(jsonb_build_object('step', 'begin', 'at', now()));

CREATE INDEX payments_unresolved ON payments (created_at) WHERE unresolved IS NOT NULL;

-- Every event that a provider told of, once. What it means is asked of the provider, so their order is free.
CREATE TABLE provider_events (
  provider text NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  type text NOT NULL,
  payment_id text COLLATE "C",
  received_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT an_event_is_taken_once PRIMARY KEY (provider, event_id)
);
