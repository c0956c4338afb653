-- What a buyer has in this sale: units over held, paying and sold, and their latest reservation.
-- Expects: buyersKey. Stored packed, as {units, reservationId}.
local function readBuyer(buyerId)
  local packed = redis.call('HGET', buyersKey, buyerId)
  if not packed then return { units = 0, reservationId = false } end
  local buyer = cmsgpack.unpack(packed)
  return { units = buyer[1], reservationId = buyer[2] }
end

local function writeBuyer(buyerId, buyer)
  redis.call('HSET', buyersKey, buyerId, cmsgpack.pack({ buyer.units, buyer.reservationId }))
end
