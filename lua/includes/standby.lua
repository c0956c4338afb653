-- Standby: those whose turn it is while every unit is held. The order is (missed, turn): on time first.
-- A unit that returns goes, in the same call that returned it, to the first in that order who gave a
-- sign of life in the last 30 s and whose whole request fits; so nobody arriving later can race for it.
-- Expects: standbyKey, standbyRequestsKey, the includes of reservations.lua, claim-windows.lua.
local aliveMs = 30000
local missedRank = 2 ^ 40
-- A pass looks at no more than this many; the next tick goes on. Keeps one call under a millisecond.
local handOverMax = 200

-- Most sales have nobody on standby most of the time: one look a call instead of one an element.
local standbySize = nil
local function someStandBy()
  standbySize = standbySize or redis.call('ZCARD', standbyKey)
  return standbySize > 0
end

local function standByRequest(buyerId)
  if not someStandBy() then return nil end
  local packed = redis.call('HGET', standbyRequestsKey, buyerId)
  if not packed then return nil end
  local r = cmsgpack.unpack(packed)
  return { buyerId = buyerId, reservationId = r[1], requestId = r[2], turn = r[3], items = r[4], missed = r[5],
    aliveAtMs = r[6] }
end

local function writeStandby(request)
  redis.call('HSET', standbyRequestsKey, request.buyerId, cmsgpack.pack({ request.reservationId,
    request.requestId, request.turn, request.items, request.missed, nowMs }))
end

local function leaveStandby(buyerId)
  if not someStandBy() then return end
  standbySize = standbySize - redis.call('ZREM', standbyKey, buyerId)
  redis.call('HDEL', standbyRequestsKey, buyerId)
end

-- Answers how many stand before this buyer. Repeating it is a sign of life and keeps the rank.
local function standBy(request)
  local rank = request.turn
  if rank < 0 then
    local score = redis.call('ZSCORE', standbyKey, request.buyerId)
    rank = score and tonumber(score) % missedRank or redis.call('HINCRBY', saleKey, 'arrivals', 1)
  end
  someStandBy()
  standbySize = standbySize + redis.call('ZADD', standbyKey, rank + (request.missed and missedRank or 0), request.buyerId)
  writeStandby(request)
  return redis.call('ZRANK', standbyKey, request.buyerId)
end

local function handOver(stock)
  if sale.state ~= 'open' or not someStandBy() or totalOf(stock, 'available') <= 0 then return end
  local outstanding = nil
  for _, buyerId in ipairs(redis.call('ZRANGE', standbyKey, 0, handOverMax - 1)) do
    local request = standByRequest(buyerId)
    if not request or nowMs - request.aliveAtMs > aliveMs then
      -- A ghost keeps no unit waiting. Whoever comes back asks again and has the same rank.
      leaveStandby(buyerId)
    else
      -- Whoever missed their window comes after the turns that may still be used on time.
      if request.missed and not outstanding then outstanding = outstandingTurns() end
      if fits(stock, parseItems(request.items), request.missed and outstanding or 0) then
        leaveStandby(buyerId)
        local reservation = hold(stock, request.reservationId, request, readBuyer(buyerId), sale.claimMs, true)
        push({ ev = 'reserved', buyerId = buyerId, saleId = sale.id, reservation = { id = request.reservationId,
          saleId = sale.id, buyerId = buyerId, state = 'held', items = parseItems(request.items),
          deadlineMs = reservation.deadlineMs, turn = request.turn >= 0 and request.turn or cjson.null } })
        if totalOf(stock, 'available') <= 0 then return end
      end
    end
  end
end
