-- Reservations of a slow sale.
--
-- $1 sale_id text  $2 reservation_id text[]  $3 buyer_id text[]  $4 items text[]  $5 units integer[]
-- $6 state text[]  $7 deadline ms bigint[]  $8 attempt_id text[]  $9 quote_id text[]
INSERT INTO slow_reservations (
  sale_id, reservation_id, buyer_id, items, units, state, deadline, attempt_id, quote_id
)
SELECT $1, reservation_id, buyer_id, items, units, state, to_timestamp(deadline_ms / 1000.0), attempt_id, quote_id
FROM unnest(
  $2::text[], $3::text[], $4::text[], $5::integer[], $6::text[], $7::bigint[], $8::text[], $9::text[]
) AS reservation (reservation_id, buyer_id, items, units, state, deadline_ms, attempt_id, quote_id);
