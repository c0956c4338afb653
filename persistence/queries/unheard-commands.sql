-- Decisions of the operator that Redis should have followed by now, and has not. A drawn sale opens when it
-- is drawn, however long ago that was decided.
--
-- $1 age in milliseconds, integer
SELECT id, 'open' AS command FROM sales
WHERE open_commanded_at < now() - $1::integer * interval '1 millisecond' AND state IN ('scheduled', 'waiting')
  AND close_commanded_at IS NULL AND published_at IS NOT NULL
  AND (method NOT IN ('queue', 'lottery') OR drawn_at < now() - $1::integer * interval '1 millisecond')
UNION ALL
SELECT id, 'close' FROM sales
WHERE close_commanded_at < now() - $1::integer * interval '1 millisecond'
  AND state NOT IN ('closed', 'sold_out') AND published_at IS NOT NULL;
