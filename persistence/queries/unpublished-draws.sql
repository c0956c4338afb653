-- What is committed about draws and Redis has not heard of.
--
-- takes nothing
SELECT id FROM sales
WHERE frozen_at IS NOT NULL AND draw_published_at IS NULL AND state IN ('scheduled', 'waiting');
