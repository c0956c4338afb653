-- A refund that stays open is looked at again after a pause that grows by half, from a second to five minutes, and is a
-- little shorter or longer by chance: about half as long as it has been waiting, so that a provider that was away is soon
-- asked again, and not about everything at once.
--
-- $1 refund_id text  $2 buyer_id text
-- $3 how often it had been looked at before, integer: however many look at once, it is one look, and what its provider
-- told of meanwhile is not put off
-- $4 chance, double precision: what the pause is multiplied with
-- coalesce() keeps the plan from the partial index over every refund that is open.
UPDATE refunds
SET looks = looks + 1,
  looks_again_at = now() + $4::double precision * least(power(1.5, least(looks, 20)), 300) * interval '1 second'
WHERE refund_id = $1 AND buyer_id = $2 AND looks = $3 AND coalesce(state, '') = 'initiated';
