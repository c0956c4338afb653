-- Returned units that were looked at and could not be moved are looked at again after a pause that grows by half, from
-- half a second to thirty seconds, and is a little shorter or longer by chance. Those that were moved stay as they are.
--
-- $1 restock_id text  $2 buyer_id text
-- $3 how often they had been looked at before, integer: however many look at once, it is one look
-- $4 chance, double precision: what the pause is multiplied with
-- coalesce() keeps the plan from the partial index over everything that is owed.
UPDATE restocks
SET looks = looks + 1,
  looks_again_at = now() + $4::double precision * least(0.5 * power(1.5, least(looks, 20)), 30) * interval '1 second'
WHERE restock_id = $1 AND buyer_id = $2 AND looks = $3 AND coalesce(state, '') IN ('owed', 'to_sale');
