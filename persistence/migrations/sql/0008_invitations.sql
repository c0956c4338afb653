-- Up Migration

ALTER TABLE sales
  -- Only who is listed may join. Decided at creation: nobody who waits is turned away by it later.
  ADD COLUMN is_by_invitation boolean NOT NULL DEFAULT false;

CREATE TABLE sale_invitations (
  sale_id text COLLATE "C" NOT NULL REFERENCES sales (id),
  buyer_id text COLLATE "C" NOT NULL,
  invited_at timestamptz NOT NULL DEFAULT now(),
  -- Redis has heard of it; a Redis that says that its list is not whole is told all of it again.
  published_at timestamptz,
  PRIMARY KEY (sale_id, buyer_id)
);
CREATE INDEX unpublished_invitations ON sale_invitations (sale_id, buyer_id) WHERE published_at IS NULL;
