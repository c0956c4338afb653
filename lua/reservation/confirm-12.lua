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

-- What a payment usually takes, as a slowly moving mean: the tick brakes when payments take much longer.
local function noteDuration(id)
  local usual = redis.call('HMGET', saleKey, 'pinLeaseMs', 'paymentMs')
  if not usual[1] then return end
  local tookMs = nowMs - (tonumber(redis.call('ZSCORE', pinsKey, id)) - tonumber(usual[1]))
  local meanMs = tonumber(usual[2])
  redis.call('HSET', saleKey, 'paymentMs', string.format('%.1f', meanMs and meanMs * 0.99 + tookMs * 0.01 or tookMs))
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
