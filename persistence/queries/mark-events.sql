-- Events that were acted on.
--
-- $1 provider text[]  $2 event_id text[]
UPDATE provider_events SET acted_at = now()
FROM unnest($1::text[], $2::text[]) AS done (provider, event_id)
WHERE provider_events.provider = done.provider AND provider_events.event_id = done.event_id;
