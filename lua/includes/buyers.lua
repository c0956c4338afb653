-- What a buyer has in this sale: units over held, paying and sold, their latest reservation, and whether the turn of
-- that one was given up.
-- Expects: buyersKey. Stored packed, as {units, reservationId, gaveUp}; without the last one where it is false.
local function readBuyer(buyerId)
  local packed = redis.call('HGET', buyersKey, buyerId)
  if not packed then return { units = 0, reservationId = false } end
  local buyer = cmsgpack.unpack(packed)
  return { units = buyer[1], reservationId = buyer[2], gaveUp = buyer[3] }
end

local function writeBuyer(buyerId, buyer)
  redis.call('HSET', buyersKey, buyerId, cmsgpack.pack({ buyer.units, buyer.reservationId, buyer.gaveUp }))
end
