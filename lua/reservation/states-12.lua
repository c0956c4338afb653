#!lua flags=no-writes
-- Reservations as they lie there, whoever's and of whichever life: for comparing, not for deciding.
--
-- KEYS  includes/floor.lua
-- ARGV  1 requestId      echoed
--       then a reservationId an element
-- Reply {requestId, code, answer…}; code 1, -1 no such sale. An answer is
--       {state, buyerId, items, deadlineMs, attemptId, quoteId}, or {} where there is none
--- @include floor
local failed = checkFloor()
if failed then return failed end
local requestId = ARGV[1]
if not readSaleOfAnyLife() then return { requestId, noSale } end
local reply = { requestId, 1 }
for i = 2, #ARGV do
  local found = readReservation(ARGV[i])
  reply[#reply + 1] = found
    and { found.state, found.buyerId, found.items, integer(found.deadlineMs), found.attemptId, found.quoteId } or {}
end
return reply
