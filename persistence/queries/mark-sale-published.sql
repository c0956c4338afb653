-- Redis has the sale: from now on its absence there is a loss.
--
-- $1 id text
UPDATE sales SET published_at = now() WHERE id = $1 AND published_at IS NULL;
