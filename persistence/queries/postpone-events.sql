-- Events that could not be acted on: each is looked at again after a pause that doubles, from a second to an hour, and is
-- a little shorter or longer by chance.
--
-- $1 provider text[]  $2 event_id text[]
-- $3 how often it had been looked at before, integer[]: however many look at once, it is one look
-- $4 chance, double precision[]: what the pause is multiplied with
UPDATE provider_events
SET looks = provider_events.looks + 1,
  looks_again_at = now() + seen.chance * least(power(2, least(seen.looks, 12)), 3600) * interval '1 second'
FROM unnest($1::text[], $2::text[], $3::integer[], $4::double precision[]) AS seen (provider, event_id, looks, chance)
WHERE provider_events.provider = seen.provider AND provider_events.event_id = seen.event_id
  AND provider_events.looks = seen.looks;
