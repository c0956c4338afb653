#!lua
-- Removes what is left of a sale whose state Postgres does not believe any more, and marks it as being
-- rebuilt. Without its epoch every other script refuses it, so nobody sells from a half-built state. Who has
-- which place in the waiting room stays: an index is issued once, so an older copy of that is still true.
--
-- KEYS  includes/floor.lua
-- ARGV  1 requestId    echoed
--       2 epoch        integer, the one that is to begin
--       3 builder      names whoever rebuilds: the parts of anybody else are refused from now on
--       4 patienceMs   integer; a builder that began longer ago is thought dead
-- Reply {requestId, code}: 1 begun, 0 the present epoch of this life is as late, 2 another builder is at it
--- @include floor
local failed = checkCount(4) or checkWhole(2, 4)
if failed then return failed end
local requestId, epoch, builder, patienceMs = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local begun, present, underWay = 1, 0, 2

-- What is no sale at all is in the way of its clock, too.
if redis.call('TYPE', saleKey).ok ~= 'hash' then redis.call('UNLINK', saleKey) end
local beginsAtMs = wallClockMs()
sale = readSale()
if sale and sale.epoch >= epoch then return { requestId, present } end
local fields = redis.call('HMGET', saleKey, 'buckets', 'builder', 'rebuildBeganAtMs', 'wallMs')
local buckets, wallMs = fields[1], fields[4]
if fields[2] == builder then return { requestId, begun } end
if fields[2] and beginsAtMs - tonumber(fields[3]) < patienceMs then return { requestId, underWay } end
redis.call('UNLINK', saleKey, stockKey, reservationsKey, buyersKey, deadlinesKey, pinsKey, turnsKey, callsKey,
  standbyKey, standbyRequestsKey, attemptsKey, outboxKey)
redis.call('HSET', saleKey, 'builder', builder, 'rebuildBeganAtMs', integer(beginsAtMs))
if buckets then redis.call('HSET', saleKey, 'buckets', buckets) end
if wallMs then redis.call('HSET', saleKey, 'wallMs', wallMs) end
return { requestId, begun }
