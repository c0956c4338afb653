-- Drawn sales whose entrants are to be fixed by now: so long before the opening, which an opening by hand
-- brings forward.
--
-- takes nothing
SELECT id, epoch, seed, beacon_at
FROM sales
WHERE method IN ('queue', 'lottery') AND frozen_at IS NULL AND state IN ('scheduled', 'waiting')
  AND published_at IS NOT NULL AND close_commanded_at IS NULL
  AND opens_at - freeze_ms * interval '1 millisecond' <= now()
ORDER BY opens_at;
