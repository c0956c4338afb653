-- Reservations, and the moves between their states (engine/contracts/states.ts).
-- Expects: reservationsKey, deadlinesKey, pinsKey, turnsKey, stockKey, buyersKey, outboxKey, sale, nowMs,
--          and the includes stock, buyers, items, outbox, integer, vacant-runs.
-- `untouched` marks a hold that was handed to a standby who has not shown up since; `extendedBy` names
-- the request that used up its one extension, and is absent before; `returns` are the returns of what was
-- sold, as {returnId, items}, and absent before the first; `quoteId` names the price that was last said for
-- it, and is absent where that is the sale's.
local function readReservation(id)
  local packed = redis.call('HGET', reservationsKey, id)
  if not packed then return nil end
  local r = cmsgpack.unpack(packed)
  return { state = r[1], buyerId = r[2], turn = r[3], items = r[4], deadlineMs = r[5], attemptId = r[6],
    untouched = r[7], extendedBy = r[8] or nil, returns = r[9] or nil, quoteId = r[10] }
end

local function packReservation(r)
  -- A list with a hole would be packed as a map.
  local extendedBy, returns = r.extendedBy, r.returns
  if r.quoteId then returns = returns or false end
  if returns ~= nil then extendedBy = extendedBy or false end
  return cmsgpack.pack({ r.state, r.buyerId, r.turn, r.items, r.deadlineMs, r.attemptId, r.untouched,
    extendedBy, returns, r.quoteId })
end

local function writeReservation(id, reservation)
  redis.call('HSET', reservationsKey, id, packReservation(reservation))
end

-- Answers the new reservation, or nil where that id is taken: another's reservation is never written over.
local function hold(stock, id, request, buyer, holdMs, untouched)
  local reservation = { state = 'held', buyerId = request.buyerId, turn = request.turn, items = request.items,
    deadlineMs = nowMs + holdMs, attemptId = '', untouched = untouched, quoteId = request.quoteId }
  if redis.call('HSETNX', reservationsKey, id, packReservation(reservation)) == 0 then return nil end
  local items = parseItems(request.items)
  moveUnits(stock, items, 'available', 'held')
  redis.call('ZADD', deadlinesKey, integer(reservation.deadlineMs), id)
  writeBuyer(request.buyerId, { units = buyer.units + unitsOf(items), reservationId = id })
  if request.turn >= 0 then
    redis.call('SETBIT', turnsKey, request.turn, 1)
    noteSpent(request.turn)
  end
  emitReservation('reservation.held', id, reservation)
  return reservation
end

-- held or paying → released or expired: the units return, and no longer count for the buyer.
local function returnUnits(stock, id, reservation, from, state)
  local items = parseItems(reservation.items)
  moveUnits(stock, items, from, 'available')
  reservation.state = state
  writeReservation(id, reservation)
  redis.call('ZREM', deadlinesKey, id)
  redis.call('ZREM', pinsKey, id)
  local buyer = readBuyer(reservation.buyerId)
  buyer.units = buyer.units - unitsOf(items)
  writeBuyer(reservation.buyerId, buyer)
  emitReservation('reservation.' .. state, id, reservation)
  if state == 'expired' then
    push({ ev = 'expired', buyerId = reservation.buyerId, saleId = sale.id, reservationId = id })
  end
end

local function isLapsed(reservation)
  return reservation.state == 'held' and reservation.deadlineMs <= nowMs
end

-- The owner of a handed-over hold showed up: from now on it lasts as long as any other, or longer.
local function touch(id, reservation)
  if reservation.state ~= 'held' or not reservation.untouched then return end
  reservation.untouched = false
  -- Where claiming may take longer than holding, showing up does not cost time.
  local isLater = nowMs + sale.holdMs > reservation.deadlineMs
  if isLater then reservation.deadlineMs = nowMs + sale.holdMs end
  writeReservation(id, reservation)
  if not isLater then return end
  redis.call('ZADD', deadlinesKey, integer(reservation.deadlineMs), id)
  emitReservation('reservation.extended', id, reservation)
end

-- What of a confirmed reservation is still sold, by SKU.
local function soldOf(reservation)
  local sold = {}
  for _, item in ipairs(parseItems(reservation.items)) do sold[item.sku] = item.quantity end
  for _, earlier in ipairs(reservation.returns or {}) do
    for _, item in ipairs(parseItems(earlier[2])) do sold[item.sku] = sold[item.sku] - item.quantity end
  end
  return sold
end

-- The same as items travel; '' where nothing is.
local function soldItems(reservation)
  local sold, left = soldOf(reservation), {}
  for _, item in ipairs(parseItems(reservation.items)) do
    if sold[item.sku] > 0 then left[#left + 1] = item.sku .. ':' .. integer(sold[item.sku]) end
  end
  return table.concat(left, ',')
end
