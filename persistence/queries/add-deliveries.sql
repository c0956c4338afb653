-- Messages to endpoints; one that is there already stays as it is.
--
-- $1 delivery_id text[]  $2 endpoint_id text[]  $3 message_id text[]  $4 type text[]  $5 payload text[]
INSERT INTO deliveries (delivery_id, endpoint_id, message_id, type, payload)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
ON CONFLICT DO NOTHING;
