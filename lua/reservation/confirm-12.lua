#!lua
-- Sold: the order is committed in Postgres already, this makes Redis follow.
--
-- KEYS  includes/floor.lua
-- ARGV  1 batchId        echoed
--       then 2 an element: reservationId, paymentId
-- Reply {batchId, code, answer…}; code 1 decided, -1 no such sale. An answer is
--       {1} confirmed, now or before by this payment   {0, state} it is not being paid by this payment
-- Event reservation.confirmed; sale.sold_out when it was the last unit
--- @include floor
local failed = checkElements(2, 2) or enterFloor()
if failed then return failed end
local batchId = ARGV[1]
if not sale then return { batchId, noSale } end
local stock = readStock()

local function mean(before, latest, weight)
  return string.format('%.1f', before and before + (latest - before) * weight or latest)
end

-- What a payment usually takes, what it took lately, and when the latest of those that were confirmed had begun: the
-- tick brakes when payments take much longer than usual.
local function noteDuration(id)
  local noted = redis.call('HMGET', saleKey, 'pinLeaseMs', 'paymentMs', 'latelyMs', 'confirmedBeganAtMs')
  local leaseUntilMs = redis.call('ZSCORE', pinsKey, id)
  if not noted[1] or not leaseUntilMs then return end
  local beganAtMs = tonumber(leaseUntilMs) - tonumber(noted[1])
  local tookMs = nowMs - beganAtMs
  redis.call('HSET', saleKey, 'paymentMs', mean(tonumber(noted[2]), tookMs, 0.01), 'latelyMs',
    mean(tonumber(noted[3]), tookMs, 0.2), 'confirmedBeganAtMs', integer(math.max(beganAtMs, tonumber(noted[4]) or 0)))
end

local function confirm(id, paymentId)
  local reservation = readReservation(id)
  if not reservation then return { 0, '' } end
  if reservation.attemptId ~= paymentId then return { 0, reservation.state } end
  if reservation.state == 'confirmed' then return { 1 } end
  if reservation.state ~= 'paying' then return { 0, reservation.state } end
  moveUnits(stock, parseItems(reservation.items), 'paying', 'sold')
  reservation.state = 'confirmed'
  writeReservation(id, reservation)
  noteDuration(id)
  redis.call('ZREM', pinsKey, id)
  emitReservation('reservation.confirmed', id, reservation)
  return { 1 }
end

local reply = { batchId, 1 }
for i = 2, #ARGV, 2 do reply[#reply + 1] = confirm(ARGV[i], ARGV[i + 1]) end
closeWhenSoldOut(stock)
return reply
