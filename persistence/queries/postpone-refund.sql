-- A refund that stays open is looked at again after a pause that grows by half, from a second to five minutes: about half
-- as long as it has been waiting, so that a provider that was away is soon asked again.
--
-- $1 refund_id text  $2 buyer_id text
-- $3 how often it had been looked at before, integer: however many look at once, it is one look, and what its provider
-- told of meanwhile is not put off
-- coalesce() keeps the plan from the partial index over every refund that is open.
UPDATE refunds
SET looks = looks + 1, looks_again_at = now() + least(power(1.5, least(looks, 20)), 300) * interval '1 second'
WHERE refund_id = $1 AND buyer_id = $2 AND looks = $3 AND coalesce(state, '') = 'initiated';
