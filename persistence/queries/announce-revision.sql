-- A change that takes units away is about to be made in Redis. Returns the revision that it has to find
-- unchanged when its rows follow.
--
-- $1 id text
UPDATE sales SET revision = revision + 1, revised_at = now() WHERE id = $1 RETURNING revision;
