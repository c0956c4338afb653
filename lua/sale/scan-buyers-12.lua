#!lua flags=no-writes
-- A part of what buyers have in a sale, as it lies there: for comparing, not for deciding.
--
-- KEYS  includes/floor.lua
-- ARGV  1 requestId      echoed
--       2 cursor         '0' begins a walk
--       3 count          integer, about how many
-- Reply {requestId, code, cursor, {buyerId, units, reservationId}…}; code 1, -1 no such sale; cursor '0': that
--       was the last part. units -1 where what lies there cannot be read
--- @include floor
local failed = checkCount(3) or checkWhole(3) or checkFloor()
if failed then return failed end
local requestId, cursor, count = ARGV[1], ARGV[2], tonumber(ARGV[3])
if not readSaleOfAnyLife() then return { requestId, noSale } end

local part = redis.call('HSCAN', buyersKey, cursor, 'COUNT', count)
local reply = { requestId, 1, part[1] }
for i = 1, #part[2], 2 do
  local isReadable, buyer = pcall(readBuyer, part[2][i])
  reply[#reply + 1] = isReadable and { part[2][i], tonumber(buyer.units) or -1, buyer.reservationId or '' }
    or { part[2][i], -1, '' }
end
return reply
