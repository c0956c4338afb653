#!lua
-- Gives held units back, to the next on standby before anybody else.
--
-- KEYS  includes/floor.lua
-- ARGV  1 batchId        echoed
--       then 2 an element: reservationId, buyerId
-- Reply {batchId, code, answer…}; code 1 decided, -1 no such sale. An answer is
--       1 released (now or before), 2 being paid, 3 confirmed, 4 expired, 0 not this buyer's
-- Event reservation.released, or reservation.expired where the deadline had passed
--- @include floor
local released, paying, confirmed, expired, notFound = 1, 2, 3, 4, 0

local failed = checkElements(2, 2) or enterFloor()
if failed then return failed end
local batchId = ARGV[1]
if not sale then return { batchId, noSale } end
local stock = readStock()

local function release(id, buyerId)
  local reservation = readReservation(id)
  if not reservation or reservation.buyerId ~= buyerId then return notFound end
  if isLapsed(reservation) then
    returnUnits(stock, id, reservation, 'held', 'expired')
    return expired
  end
  if reservation.state == 'held' then
    returnUnits(stock, id, reservation, 'held', 'released')
    return released
  end
  return ({ paying = paying, confirmed = confirmed, expired = expired, released = released })[reservation.state]
end

local reply = { batchId, 1 }
for i = 2, #ARGV, 2 do reply[#reply + 1] = release(ARGV[i], ARGV[i + 1]) end
handOver(stock)
return reply
