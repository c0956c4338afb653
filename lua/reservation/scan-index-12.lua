#!lua flags=no-writes
-- A part of an index, as far as it names what has no record: for comparing, not for deciding. Records stay for
-- as long as their sale, so whatever is told here is wrong.
--
-- KEYS  includes/floor.lua
-- ARGV  1 requestId      echoed
--       2 index          deadlines | pins
--       3 cursor         '0' begins a walk
--       4 count          integer, about how many
-- Reply {requestId, code, cursor, member…}; code 1, -1 no such sale; cursor '0': that was the last part
--- @include floor
local failed = checkCount(4) or checkWhole(4) or checkFloor()
if failed then return failed end
local requestId, index, cursor, count = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
if not readSaleOfAnyLife() then return { requestId, noSale } end

local part
if index == 'pins' then
  part = redis.call('ZSCAN', pinsKey, cursor, 'COUNT', count)
else
  part = redis.call('ZSCAN', deadlinesKey, cursor, 'COUNT', count)
end
local reply = { requestId, 1, part[1] }
for i = 1, #part[2], 2 do
  if redis.call('HEXISTS', reservationsKey, part[2][i]) == 0 then reply[#reply + 1] = part[2][i] end
end
return reply
