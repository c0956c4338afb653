-- Changes what an operator may change; null leaves a member as it is. With an announced revision only if
-- nobody changed, or undid, anything since.
--
-- $1 id text  $2 announced revision integer or null  $3 title text  $4 per_minute integer
-- $5 opens_at ms bigint  $6 closes_at ms bigint
UPDATE sales
SET title = coalesce($3, title), per_minute = coalesce($4, per_minute),
  opens_at = coalesce(to_timestamp($5::bigint / 1000.0), opens_at),
  waiting_opens_at = least(waiting_opens_at, to_timestamp($5::bigint / 1000.0)),
  closes_at = coalesce(to_timestamp($6::bigint / 1000.0), closes_at),
  revision = revision + 1, revised_at = now()
WHERE id = $1 AND ($2::integer IS NULL OR (revision = $2 AND published_revision < $2))
RETURNING revision;
