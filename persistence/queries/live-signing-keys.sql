-- Keys of public purchase tokens whose tokens may still come back, newest first. What a followed key signed
-- has expired when the longest hold of a public sale that was begun before every gateway had heard of the
-- next key is over; a day longer Doorbuster itself takes it, because an answer to a payment is repeated for
-- so long. What signs is judged by clock_timestamp(): now() may be earlier than the insert of a row that is
-- seen, and a key that has just been made would not sign yet.
--
-- $1 heard_after_ms: how long a gateway may go on signing with the key before, integer
WITH lifetime AS MATERIALIZED (
  SELECT key.*,
    next.signs_from + $1::integer * interval '1 millisecond' + coalesce((
      SELECT max(greatest(hold_ms, claim_ms) + extend_ms) FROM sales
      WHERE tokens = 'public'
        AND sales.created_at < next.signs_from + $1::integer * interval '1 millisecond'
    ), 0) * interval '1 millisecond' AS verifies_until
  FROM signing_keys AS key LEFT JOIN signing_keys AS next ON next.follows = key.kid
)
SELECT kid, public_key, sealed_private_key, signs_from, verifies_until,
  signs_from <= clock_timestamp() AS may_sign,
  verifies_until IS NULL OR now() < verifies_until AS is_published
FROM lifetime
WHERE verifies_until IS NULL OR now() < verifies_until + interval '1 day'
ORDER BY created_at DESC;
