-- Deliveries that are due, the longest waiting first; of one endpoint after the other, so that however much waits for
-- one of them keeps nothing from the others. Also of those that were removed: these end.
--
-- $1 how many, integer
SELECT due.delivery_id
FROM webhook_endpoints AS endpoint CROSS JOIN LATERAL (
    SELECT delivery_id, next_attempt_at, row_number() OVER (ORDER BY next_attempt_at) AS place
    FROM deliveries
    WHERE deliveries.endpoint_id = endpoint.endpoint_id AND state = 'pending' AND next_attempt_at <= now()
    ORDER BY next_attempt_at LIMIT $1
  ) AS due
ORDER BY due.place, due.next_attempt_at LIMIT $1;
