-- Every change of state and its event are one call: what the relay reads is what happened.
-- Expects: saleKey, outboxKey, sale, nowMs, integer(). Events: engine/contracts/events.ts.
local function emitSale(type)
  redis.call('XADD', outboxKey, '*', 'type', type, 'atMs', integer(nowMs), 'epoch', integer(sale.epoch))
end

local function emitUnits(sku, units)
  redis.call('XADD', outboxKey, '*', 'type', 'sale.units_adjusted', 'atMs', integer(nowMs), 'epoch',
    integer(sale.epoch), 'items', sku .. ':' .. integer(units))
end

local nothing = {}
-- With `restock` the event is about a part of the reservation: {returnId, items}.
local function emitReservation(type, id, reservation, restock)
  redis.call('XADD', outboxKey, '*', 'type', type, 'atMs', integer(nowMs), 'epoch', integer(sale.epoch),
    'reservationId', id, 'buyerId', reservation.buyerId, 'turn', reservation.turn < 0 and '' or integer(reservation.turn),
    'items', restock and restock.items or reservation.items, 'deadlineMs', integer(reservation.deadlineMs),
    'attemptId', reservation.attemptId, unpack(restock and { 'returnId', restock.returnId } or nothing))
end

-- Told to the buyer on whatever gateway their sockets are; lost pushes are found by asking.
local function push(message)
  redis.call('PUBLISH', 'db:push', cjson.encode(message))
end
