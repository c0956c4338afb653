#!lua
-- Says which price a hold is paid at from now on. The pin answers it, so what was said last before a payment
-- began is what is charged; once it has begun, nothing is said any more.
--
-- KEYS  includes/floor.lua
-- ARGV  1 batchId        echoed
--       then 3 an element: reservationId, buyerId, quoteId (committed in Postgres before)
-- Reply {batchId, code, answer…}; code 1 decided, -1 no such sale. An answer is
--       {1, attemptId ('' where none was made)} priced   {2} being paid   {3} paid already   {4} ended
--       {0} not this buyer's
-- Event reservation.extended on a touch; reservation.expired where the deadline had passed
--- @include floor
local priced, paying, paid, ended, notFound = 1, 2, 3, 4, 0

local failed = checkElements(2, 3) or enterFloor()
if failed then return failed end
local batchId = ARGV[1]
if not sale then return { batchId, noSale } end
local stock = readStock()

local function reprice(id, buyerId, quoteId)
  local reservation = readReservation(id)
  if not reservation or reservation.buyerId ~= buyerId then return { notFound } end
  if isLapsed(reservation) then returnUnits(stock, id, reservation, 'held', 'expired') end
  if reservation.state == 'paying' then return { paying } end
  if reservation.state == 'confirmed' then return { paid } end
  if reservation.state ~= 'held' then return { ended } end
  touch(id, reservation)
  reservation.quoteId = quoteId
  writeReservation(id, reservation)
  return { priced, reservation.attemptId }
end

local reply = { batchId, 1 }
for i = 2, #ARGV, 3 do reply[#reply + 1] = reprice(ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
handOver(stock)
return reply
