#!lua flags=no-writes
-- A part of all reservations as they lie there, with what else Redis keeps about each: for comparing, not for
-- deciding. One that stays is in some part of a whole walk, and may be in two.
--
-- KEYS  includes/floor.lua
-- ARGV  1 requestId      echoed
--       2 cursor         '0' begins a walk
--       3 count          integer, about how many
-- Reply {requestId, code, cursor, answer…}; code 1, -1 no such sale; cursor '0': that was the last part.
--       An answer is {reservationId, state, buyerId, turn, items, deadlineMs, attemptId, deadlineScore, pinScore,
--       turnBit, {returnId, items}…}, scores '' where it has none, turn and turnBit -1 where it used none; or
--       {reservationId} where what lies there cannot be read
--- @include floor
local failed = checkCount(3) or checkWhole(3) or checkFloor()
if failed then return failed end
local requestId, cursor, count = ARGV[1], ARGV[2], tonumber(ARGV[3])
if not readSaleOfAnyLife() then return { requestId, noSale } end

local function described(id)
  local isReadable, found = pcall(readReservation, id)
  if not isReadable or not found or not found.deadlineMs then return { id } end
  local answer = { id, found.state, found.buyerId, found.turn, found.items, integer(found.deadlineMs), found.attemptId,
    redis.call('ZSCORE', deadlinesKey, id) or '', redis.call('ZSCORE', pinsKey, id) or '',
    found.turn >= 0 and redis.call('GETBIT', turnsKey, found.turn) or -1 }
  for _, earlier in ipairs(found.returns or {}) do answer[#answer + 1] = { earlier[1], earlier[2] } end
  return answer
end

local part = redis.call('HSCAN', reservationsKey, cursor, 'COUNT', count)
local reply = { requestId, 1, part[1] }
for i = 1, #part[2], 2 do reply[#reply + 1] = described(part[2][i]) end
return reply
