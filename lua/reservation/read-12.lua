#!lua
-- Reservations as they are at this moment; a lapsed one reads as expired though no sweep came by yet.
-- Reading one's own hold that came through standby is the touch that makes it last.
--
-- KEYS  includes/floor.lua
-- ARGV  1 batchId        echoed
--       then 2 an element: reservationId, buyerId
-- Reply {batchId, code, answer…}; code 1 read, -1 no such sale. An answer is
--       {1, state, items, deadlineMs, turn, attemptId ('' before the first), quoteId ('': the sale's price)}
--       or {0}: not this buyer's
-- Event reservation.extended on a touch
--- @include floor
local failed = checkElements(2, 2) or enterFloor()
if failed then return failed end
local batchId = ARGV[1]
if not sale then return { batchId, noSale } end

local function read(id, buyerId)
  local reservation = readReservation(id)
  if not reservation or reservation.buyerId ~= buyerId then return { 0 } end
  local state = isLapsed(reservation) and 'expired' or reservation.state
  if state == 'held' then touch(id, reservation) end
  return { 1, state, reservation.items, integer(reservation.deadlineMs), reservation.turn, reservation.attemptId,
    reservation.quoteId or '' }
end

local reply = { batchId, 1 }
for i = 2, #ARGV, 2 do reply[#reply + 1] = read(ARGV[i], ARGV[i + 1]) end
return reply
