#!lua
-- Removes what is left of a sale whose state Postgres does not believe any more, and marks it as being
-- rebuilt. Without its epoch every other script refuses it, so nobody sells from a half-built state. Who has
-- which place in the waiting room stays until the journal's places are written over it.
--
-- KEYS  includes/floor.lua
-- ARGV  1 requestId    echoed
--       2 epoch        integer, the one that is to begin
--       3 builder      names whoever rebuilds: the parts of anybody else are refused from now on
--       4 patienceMs   integer; a builder that was not heard of for longer is thought dead
--       5 after        stream id: what the outbox has behind it goes with the reply; it stays until end-rebuild, for
--                      whoever begins after a builder that died
--       6 tailMax      integer
-- Reply {requestId, code, {stream id, {field, value…}}…}: 1 begun, 0 the present epoch of this life is as late,
--       2 another builder is at it, 3 the outbox has more than tailMax entries behind `after`: nothing is removed
--- @include floor
local failed = checkCount(6) or checkWhole(2, 4, 6)
if failed then return failed end
local requestId, epoch, builder, patienceMs = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local after, tailMax = ARGV[5], tonumber(ARGV[6])
local begun, present, underWay, behind = 1, 0, 2, 3

-- What is no sale at all is in the way of its clock, too.
if redis.call('TYPE', saleKey).ok ~= 'hash' then redis.call('UNLINK', saleKey) end
local beginsAtMs = wallClockMs()
sale = readSale()
if sale and sale.epoch >= epoch then return { requestId, present } end
local fields = redis.call('HMGET', saleKey, 'buckets', 'builder', 'builderHeardAtMs', 'wallMs')
local buckets, wallMs = fields[1], fields[4]
if fields[2] == builder then return { requestId, begun } end
-- In either direction: one that was heard of long after now died before the clock was set back.
local heardAgoMs = math.abs(beginsAtMs - (tonumber(fields[3]) or 0))
if fields[2] and heardAgoMs < patienceMs then return { requestId, underWay } end
-- What was decided and nobody has relayed is lost with the rebuild, unless it is journaled before.
local reply = { requestId, begun }
if redis.call('TYPE', outboxKey).ok == 'stream' then
  local tail = redis.call('XRANGE', outboxKey, '(' .. after, '+', 'COUNT', tailMax + 1)
  if #tail > tailMax then return { requestId, behind } end
  for _, entry in ipairs(tail) do reply[#reply + 1] = entry end
else
  redis.call('UNLINK', outboxKey)
end
redis.call('UNLINK', saleKey, stockKey, reservationsKey, buyersKey, deadlinesKey, pinsKey, turnsKey, callsKey,
  standbyKey, standbyRequestsKey, attemptsKey)
redis.call('HSET', saleKey, 'builder', builder, 'builderHeardAtMs', integer(beginsAtMs))
if buckets then redis.call('HSET', saleKey, 'buckets', buckets) end
if wallMs then redis.call('HSET', saleKey, 'wallMs', wallMs) end
return reply
