#!lua
-- Unpins holds whose payment ended without money: they are held again until their old deadline, and
-- where that has passed meanwhile the units return at once.
--
-- KEYS  includes/floor.lua
-- ARGV  1 batchId        echoed
--       then 2 an element: reservationId, paymentId
-- Reply {batchId, code, answer…}; code 1 decided, -1 no such sale. An answer is
--       {1, deadlineMs} held again (now or before)   {2} expired   {0} not paying by this payment
-- Event reservation.returned, or reservation.expired
--- @include floor
local heldAgain, expired, notPaying = 1, 2, 0

local failed = checkElements(2, 2) or enterFloor()
if failed then return failed end
local batchId = ARGV[1]
if not sale then return { batchId, noSale } end
local stock = readStock()

local function returnToHeld(id, paymentId)
  local reservation = readReservation(id)
  if not reservation or reservation.attemptId ~= paymentId then return { notPaying } end
  if reservation.state == 'held' then return { heldAgain, integer(reservation.deadlineMs) } end
  if reservation.state == 'expired' then return { expired } end
  if reservation.state ~= 'paying' then return { notPaying } end
  if reservation.deadlineMs <= nowMs then
    returnUnits(stock, id, reservation, 'paying', 'expired')
    return { expired }
  end
  moveUnits(stock, parseItems(reservation.items), 'paying', 'held')
  reservation.state = 'held'
  writeReservation(id, reservation)
  redis.call('ZREM', pinsKey, id)
  redis.call('ZADD', deadlinesKey, reservation.deadlineMs, id)
  emitReservation('reservation.returned', id, reservation)
  return { heldAgain, integer(reservation.deadlineMs) }
end

local reply = { batchId, 1 }
for i = 2, #ARGV, 2 do reply[#reply + 1] = returnToHeld(ARGV[i], ARGV[i + 1]) end
handOver(stock)
return reply
