-- What the provider calls a refund that it took on and has not paid back yet.
--
-- $1 refund_id text  $2 buyer_id text  $3 provider_reference text
-- coalesce() keeps the plan from the partial index over every refund that is open.
UPDATE refunds SET provider_reference = $3
WHERE refund_id = $1 AND buyer_id = $2 AND coalesce(state, '') = 'initiated';
