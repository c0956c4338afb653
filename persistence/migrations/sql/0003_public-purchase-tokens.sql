-- Up Migration

ALTER TABLE sales
  -- How much longer a hold lasts once its buyer extended it; 0: not at all.
  ADD COLUMN extend_ms integer NOT NULL DEFAULT 0,
  ADD COLUMN tokens text NOT NULL DEFAULT 'private',
  ADD CONSTRAINT extension_is_not_negative CHECK (extend_ms >= 0),
  ADD CONSTRAINT token_kind_is_known CHECK (tokens IN ('private', 'public'));

-- Ed25519 keys of public purchase tokens. Each key but the first follows another one, and none is followed
-- twice: whoever rotates at the same time as others finds that it was done.
CREATE TABLE signing_keys (
  -- RFC 7638 thumbprint of the public key.
  kid text COLLATE "C" PRIMARY KEY,
  follows text COLLATE "C" REFERENCES signing_keys (kid),
  -- 32 bytes, as RFC 8032 has them.
  public_key bytea NOT NULL,
  -- AES-256-GCM under a key derived from TOKEN_SECRET: nonce (12 bytes), ciphertext (32), tag (16).
  sealed_private_key bytea NOT NULL,
  -- Signs from here on: until then whoever verifies learns of it.
  signs_from timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT a_key_is_followed_once UNIQUE NULLS NOT DISTINCT (follows),
  CONSTRAINT public_key_is_32_bytes CHECK (octet_length(public_key) = 32),
  CONSTRAINT private_key_is_sealed CHECK (octet_length(sealed_private_key) = 60)
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON signing_keys
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
