-- Redis has followed the sale's rows through this revision, unless they were changed since.
--
-- $1 id text  $2 revision integer
UPDATE sales SET published_revision = $2 WHERE id = $1 AND revision = $2 RETURNING id;
