-- Standby: those whose turn it is while every unit is held. The order is (missed, turn): on time first.
-- A unit that returns goes, in the same call that returned it, to the first in that order who gave a
-- sign of life in the last 30 s and whose whole request fits; so nobody arriving later can race for it.
-- Signs of life are judged by the claim clock: nobody becomes a ghost while nothing can be handed over.
-- Whoever waits for more than is left is turned away. Their request stays, with a mark, so that their ticket tells.
-- Expects: standbyKey, standbyRequestsKey, the includes of reservations.lua, claim-windows.lua.
local aliveMs = 30000
local missedRank = 2 ^ 40
-- A look goes no further than this many; the next call goes on. Keeps one call under a millisecond.
local lookMax = 200

-- Most sales have nobody on standby most of the time, and the stock tells.
local function someStandBy()
  for _, counts in pairs(readStock()) do
    if (counts.waiting or 0) > 0 then return true end
  end
  return false
end

local function readStandby(buyerId)
  local packed = redis.call('HGET', standbyRequestsKey, buyerId)
  if not packed then return nil end
  local r = cmsgpack.unpack(packed)
  return { buyerId = buyerId, reservationId = r[1], turn = r[2], items = r[3], missed = r[4], aliveAtMs = r[5],
    isTurnedAway = r[6] }
end

local function standByRequest(buyerId)
  local request = someStandBy() and readStandby(buyerId)
  return request and not request.isTurnedAway and request or nil
end

local function writeStandby(request)
  redis.call('HSET', standbyRequestsKey, request.buyerId, cmsgpack.pack({ request.reservationId, request.turn,
    request.items, request.missed, claimClockMs(), request.isTurnedAway }))
end

local function countWaiting(stock, request, by)
  for _, item in ipairs(parseItems(request.items)) do
    local counts = stock[item.sku]
    counts.waiting = (counts.waiting or 0) + by
    redis.call('HSET', stockKey, item.sku .. ':waiting', counts.waiting)
  end
end

local function isWaitedFor(stock, items)
  for _, item in ipairs(items) do
    if (stock[item.sku].waiting or 0) > 0 then return true end
  end
  return false
end

local function leaveStandby(stock, request)
  countWaiting(stock, request, -1)
  redis.call('ZREM', standbyKey, request.buyerId)
  redis.call('HDEL', standbyRequestsKey, request.buyerId)
end

-- Too few units of these items are left, with all that may come back.
local function isGone(stock, items)
  for _, item in ipairs(items) do
    if stock[item.sku].units - stock[item.sku].sold < item.quantity then return true end
  end
  return false
end

-- Nobody asks for more than perBuyerLimit, so no request is gone while so many are left.
local function isShort(counts)
  return counts.units - counts.sold < sale.perBuyerLimit
end

local function turnAway(stock, request)
  leaveStandby(stock, request)
  -- Where there are no tickets nobody would ask about it.
  if request.turn < 0 then return end
  request.isTurnedAway = true
  writeStandby(request)
end

-- What that buyer stood by for with this turn is gone, and they have not asked for anything else since.
local function isTurnedAway(stock, buyerId, turn)
  local mayBeGone = false
  for _, counts in pairs(stock) do mayBeGone = mayBeGone or isShort(counts) end
  if not mayBeGone or turn < 0 then return false end
  local request = readStandby(buyerId)
  return request and request.isTurnedAway and request.turn == turn and isGone(stock, parseItems(request.items))
end

-- The score that a request has or would have. Without turns those who stand keep theirs, and whoever is
-- new comes after all of them.
local function scoreOf(request, standing)
  local missed = request.missed and missedRank or 0
  if request.turn >= 0 then return request.turn + missed end
  if not standing then return missedRank + missed end
  return tonumber(redis.call('ZSCORE', standbyKey, request.buyerId)) % missedRank + missed
end

-- Answers how many stand before this buyer. Repeating it is a sign of life and keeps the rank.
local function standBy(stock, request, standing)
  local score = scoreOf(request, standing)
  if request.turn < 0 and not standing then
    score = score - missedRank + redis.call('HINCRBY', saleKey, 'arrivals', 1)
  end
  if standing then countWaiting(stock, standing, -1) end
  countWaiting(stock, request, 1)
  redis.call('ZADD', standbyKey, score, request.buyerId)
  writeStandby(request)
  return redis.call('ZRANK', standbyKey, request.buyerId)
end

local function isWanted(stock, kept)
  for _, counts in pairs(stock) do
    if counts.available > kept and (counts.waiting or 0) > 0 then return true end
  end
  return false
end

local function handTo(stock, request)
  leaveStandby(stock, request)
  local reservation = hold(stock, request.reservationId, request, readBuyer(request.buyerId), sale.claimMs, true)
  if not reservation then return end
  push({ ev = 'reserved', buyerId = request.buyerId, saleId = sale.id, reservation = { id = request.reservationId,
    saleId = sale.id, buyerId = request.buyerId, state = 'held', items = parseItems(request.items),
    deadlineMs = reservation.deadlineMs, turn = request.turn >= 0 and request.turn or cjson.null } })
end

-- Looks at those with scores in `[from, below)`. Answers up to where it looked, and whether it was cut short.
local function look(stock, from, below)
  local outstanding = nil
  local standing = redis.call('ZRANGEBYSCORE', standbyKey, integer(from), below, 'WITHSCORES', 'LIMIT', 0, lookMax)
  for i = 1, #standing, 2 do
    local request, score = standByRequest(standing[i]), tonumber(standing[i + 1])
    -- Whoever missed their window comes after the turns that may still be used on time.
    if request.missed and not outstanding then outstanding = outstandingTurns() end
    local kept = request.missed and outstanding or 0
    if not isWanted(stock, kept) then return score, false end
    if claimClockMs() - request.aliveAtMs > aliveMs then
      -- A ghost keeps no unit waiting. Whoever comes back asks again and has the same turn.
      leaveStandby(stock, request)
    elseif fits(stock, parseItems(request.items), kept) then
      handTo(stock, request)
    end
  end
  if #standing < 2 * lookMax then return math.huge, false end
  return tonumber(standing[#standing]) + 1, true
end

-- What this call has seen already: all below `upTo`, since the last return of units. `cut` where somebody is behind
-- them; `toTheEnd` where the last one of the line was looked at.
local seen = { returns = -1 }

-- Hands what is available to those on standby; with `below` only to those before that score. Answers true
-- where somebody before it was not looked at.
local function handOver(stock, below)
  if sale.state ~= 'open' or not isWanted(stock, 0) then return false end
  if seen.returns ~= returns then seen = { returns = returns, upTo = 0, cut = false } end
  if (below or math.huge) <= seen.upTo then return false end
  if not seen.cut then
    seen.upTo, seen.cut = look(stock, seen.upTo, below and '(' .. integer(below) or '+inf')
    seen.upTo = math.min(seen.upTo, below or math.huge)
  end
  if seen.cut and not below and isWanted(stock, 0) then
    -- Those further back are looked at in turns, a part at each tick.
    local from = math.max(seen.upTo, tonumber(redis.call('HGET', saleKey, 'standbySeenUpTo') or 0))
    local upTo, cut = look(stock, from, '+inf')
    redis.call('HSET', saleKey, 'standbySeenUpTo', cut and integer(upTo) or 0)
    seen.toTheEnd = not cut
  end
  return seen.cut
end

-- Units that are available and may be for somebody on standby who was not looked at yet. Whoever was looked at, and
-- still stands by, cannot have them: those in a long line have all been where its end is reached.
local function spokenFor(stock)
  if not seen.cut or seen.toTheEnd then return 0 end
  local units = 0
  for _, counts in pairs(stock) do units = units + math.min(counts.available, counts.waiting or 0) end
  return units
end
