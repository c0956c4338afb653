-- Every change of state and its event are one call: what the relay reads is what happened.
-- Expects: saleKey, outboxKey, sale, nowMs, integer(). Events: engine/contracts/events.ts.
local function emitSale(type)
  redis.call('XADD', outboxKey, '*', 'type', type, 'atMs', integer(nowMs), 'epoch', integer(sale.epoch))
end

local function emitUnits(sku, units)
  redis.call('XADD', outboxKey, '*', 'type', 'sale.units_adjusted', 'atMs', integer(nowMs), 'epoch',
    integer(sale.epoch), 'items', sku .. ':' .. integer(units))
end

-- With `restock` the event is about a part of the reservation: {returnId, items}. What there is none of is left
-- out: each name and value costs Redis twice, in the stream and in its append-only file.
local function emitReservation(type, id, reservation, restock)
  local rest = {}
  if reservation.turn >= 0 then rest = { 'turn', integer(reservation.turn) } end
  if reservation.attemptId ~= '' then
    rest[#rest + 1] = 'attemptId'
    rest[#rest + 1] = reservation.attemptId
  end
  if restock then
    rest[#rest + 1] = 'returnId'
    rest[#rest + 1] = restock.returnId
  end
  redis.call('XADD', outboxKey, '*', 'type', type, 'atMs', integer(nowMs), 'epoch', integer(sale.epoch),
    'reservationId', id, 'buyerId', reservation.buyerId, 'items', restock and restock.items or reservation.items,
    'deadlineMs', integer(reservation.deadlineMs), unpack(rest))
end

-- Places that got an index each, one after the other from `firstIndex` on; or that were given up, without it.
-- `places` is base64, 16 characters each: who reads the stream takes it for text.
local function emitPlaces(type, places, firstIndex)
  local rest = firstIndex and { 'firstIndex', integer(firstIndex) } or {}
  redis.call('XADD', outboxKey, '*', 'type', type, 'atMs', integer(nowMs), 'epoch', integer(sale.epoch),
    'places', places, unpack(rest))
end

-- Told to the buyer on whatever gateway their sockets are; lost pushes are found by asking.
local function push(message)
  redis.call('PUBLISH', 'db:push', cjson.encode(message))
end
