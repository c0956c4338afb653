-- A new key of public purchase tokens, unless the one before it is followed already.
--
-- $1 kid text  $2 kid of the key before it, text or null  $3 public_key bytea  $4 sealed_private_key bytea
-- $5 signs after so many milliseconds, integer
INSERT INTO signing_keys (kid, follows, public_key, sealed_private_key, signs_from)
VALUES ($1, $2, $3, $4, now() + $5::integer * interval '1 millisecond')
ON CONFLICT ON CONSTRAINT a_key_is_followed_once DO NOTHING
RETURNING kid;
