-- Up Migration

-- What is due of each endpoint, for whoever looks for it endpoint by endpoint.
CREATE INDEX deliveries_to_find_by_endpoint ON deliveries (endpoint_id, next_attempt_at) WHERE state = 'pending';

DROP INDEX deliveries_to_find_again;
