#!lua
-- Keeps a rebuild with its builder while there is nothing to write: whoever reads the rows of a large sale for a
-- minute is not taken for dead.
--
-- KEYS  1 sale (hash)
-- ARGV  1 requestId    echoed
--       2 builder      who began the rebuild
-- Reply {requestId, code}: 1 heard, -1 no such rebuild (any more)
local saleKey = KEYS[1]
--- @include integer arguments types clock
local requestId, builder = ARGV[1], ARGV[2]

local failed = checkCount(2) or checkTypes({ [saleKey] = 'hash' })
if failed then return failed end
if redis.call('HGET', saleKey, 'builder') ~= builder then return { requestId, -1 } end
redis.call('HSET', saleKey, 'builderHeardAtMs', integer(wallClockMs()))
return { requestId, 1 }
