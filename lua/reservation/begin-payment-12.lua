#!lua
-- Pins holds for a payment: a pinned hold does not expire while the payment's outcome is unknown. Its
-- lease says until when its worker is trusted to be alive; after that the fence in Postgres decides.
--
-- KEYS  includes/floor.lua
-- ARGV  1 batchId        echoed
--       2 epoch          integer, what the caller believes
--       3 leaseMs        integer
--       then 3 an element: reservationId, buyerId, paymentId
-- Reply {batchId, code, answer…}; code 1 decided, -1 no such sale, -2 stale epoch. An answer is
--       {1, items, turn, deadlineMs, quoteId ('': the sale's price)} pinned, now or before by this payment
--       {2} this payment was tried before and has ended   {3} another payment is under way
--       {4} paid already   {5} ended   {0} not this buyer's
-- Event reservation.payment_begun; reservation.extended on a touch; reservation.expired where the deadline
--       had passed
--- @include floor
local pinned, tried, inProgress, paid, ended, notFound = 1, 2, 3, 4, 5, 0

local failed = checkWhole(2, 3) or checkElements(4, 3) or enterFloor()
if failed then return failed end
local batchId, epoch, leaseMs = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
if not sale then return { batchId, noSale } end
if sale.epoch ~= epoch then return { batchId, staleEpoch, integer(sale.epoch) } end
redis.call('HSET', saleKey, 'pinLeaseMs', leaseMs)
local stock = readStock()

local function pinnedAnswer(reservation)
  return { pinned, reservation.items, reservation.turn, integer(reservation.deadlineMs), reservation.quoteId or '' }
end

local function beginPayment(id, buyerId, paymentId)
  local reservation = readReservation(id)
  if not reservation or reservation.buyerId ~= buyerId then return { notFound } end
  if reservation.state == 'paying' and reservation.attemptId == paymentId then
    return pinnedAnswer(reservation)
  end
  if redis.call('SISMEMBER', attemptsKey, paymentId) == 1 then return { tried } end
  if reservation.state == 'paying' then return { inProgress } end
  if reservation.state == 'confirmed' then return { paid } end
  if isLapsed(reservation) then returnUnits(stock, id, reservation, 'held', 'expired') end
  if reservation.state ~= 'held' then return { ended } end
  -- Paying is a touch: after a decline the hold lasts as long as any other.
  touch(id, reservation)

  moveUnits(stock, parseItems(reservation.items), 'held', 'paying')
  reservation.state, reservation.attemptId = 'paying', paymentId
  writeReservation(id, reservation)
  redis.call('ZREM', deadlinesKey, id)
  redis.call('ZADD', pinsKey, nowMs + leaseMs, id)
  redis.call('SADD', attemptsKey, paymentId)
  emitReservation('reservation.payment_begun', id, reservation)
  return pinnedAnswer(reservation)
end

local reply = { batchId, 1 }
for i = 4, #ARGV, 3 do reply[#reply + 1] = beginPayment(ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
handOver(stock)
return reply
