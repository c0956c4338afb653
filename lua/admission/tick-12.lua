#!lua
-- Everything that is due since the last tick: states by time, lapsed holds, standby, claim windows,
-- the next turns. No leader: any gateway may tick at any time, twice, or late; the result is the same.
-- The cost follows what is due, never the number of people who wait.
--
-- KEYS  includes/floor.lua
-- ARGV  1 requestId      echoed
--       2 sweepMax       integer, lapsed holds taken back in one call; the next tick goes on
-- Reply {requestId, code, state, epoch, nowMs, nextIndex, serving, perMinute, standby,
--        missedBelow, vacantRuns, {sku, units, available, held, paying, sold}…}; code 1, -1 no such sale
-- Event whatever happened
--- @include floor
local failed = enterFloor()
if failed then return failed end
local requestId, sweepMax = ARGV[1], tonumber(ARGV[2])
if not sale then return { requestId, noSale } end
local stock = readStock()

local function sweep()
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', deadlinesKey, '-inf', nowMs, 'LIMIT', 0, sweepMax)) do
    local reservation = readReservation(id)
    returnUnits(stock, id, reservation, 'held', 'expired')
  end
end

-- Turns whose window has passed: from now on they are missed where they were not used. What share of
-- them did not come is remembered as a decaying pair of sums (the last call weighs a tenth).
local function closeWindows()
  local oldest = redis.call('ZRANGE', callsKey, 0, 0)[1]
  local call = oldest and parseCall(oldest)
  while call and call.atMs + sale.claimMs <= claimClockMs() do
    local from, to = sale.missedBelow, call.serving
    local sums = redis.call('HMGET', saleKey, 'windowCalled', 'windowCame')
    -- Passed over as nobody's: marked as used, and neither called nor come. Given up: called, and did not come.
    local called = (tonumber(sums[1]) or 0) * 0.9 + (to - from - call.passed)
    local came = (tonumber(sums[2]) or 0) * 0.9 + math.max(0, usedTurns(from, to) - call.passed - call.givenUp)
    sale.missedBelow = to
    redis.call('HSET', saleKey, 'missedBelow', to, 'windowCalled', string.format('%.3f', called),
      'windowCame', string.format('%.3f', came))
    redis.call('ZREM', callsKey, oldest)
    oldest = redis.call('ZRANGE', callsKey, 0, 0)[1]
    call = oldest and parseCall(oldest)
  end
end

-- Whoever stands by for what is sold by now is turned away: nobody looks at them where nothing of it is available.
-- A part of a long line at each tick.
local function turnAwayInVain()
  local mayBeGone = false
  for _, counts in pairs(stock) do mayBeGone = mayBeGone or isShort(counts) and (counts.waiting or 0) > 0 end
  if not mayBeGone then return end
  local from = tonumber(redis.call('HGET', saleKey, 'turnedAwayUpTo') or 0)
  local standing = redis.call('ZRANGEBYSCORE', standbyKey, integer(from), '+inf', 'WITHSCORES', 'LIMIT', 0, lookMax)
  for i = 1, #standing, 2 do
    local request = standByRequest(standing[i])
    if isGone(stock, parseItems(request.items)) then turnAway(stock, request) end
  end
  local upTo = #standing == 2 * lookMax and tonumber(standing[#standing]) + 1 or 0
  if upTo ~= from then redis.call('HSET', saleKey, 'turnedAwayUpTo', integer(upTo)) end
end

-- How many more than the target are called because some will not come: 1 to 2.
local function noShowFactor()
  local sums = redis.call('HMGET', saleKey, 'windowCalled', 'windowCame')
  local called, came = tonumber(sums[1]) or 0, tonumber(sums[2]) or 0
  if called <= 0 then return 1 end
  return math.min(2, called / math.max(came, called / 2))
end

-- How old the oldest payment under way is of those that began after `afterMs`; 0 where there is none.
local function ageOfOldest(afterMs, leaseMs)
  local oldest = redis.call('ZRANGEBYSCORE', pinsKey, '(' .. integer(afterMs + leaseMs), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
  return oldest[1] and nowMs - (tonumber(oldest[2]) - leaseMs) or 0
end

-- How much of the pace is kept while orders queue up behind it: 1 as long as payments do not take much longer than
-- usual, less and less the longer they take. A payment that later ones have overtaken is stuck by itself, because
-- whoever had it died, and says nothing about those: alone it would hold up the sale for as long as its lease.
local function brake()
  local noted = redis.call('HMGET', saleKey, 'pinLeaseMs', 'paymentMs', 'latelyMs', 'confirmedBeganAtMs')
  local leaseMs = tonumber(noted[1])
  if not leaseMs then return 1 end
  local delayMs = math.max(tonumber(noted[3]) or 0, ageOfOldest(tonumber(noted[4]) or 0, leaseMs))
  delayMs = math.min(delayMs, ageOfOldest(0, leaseMs))
  local patienceMs = math.max(500, 4 * (tonumber(noted[2]) or 0))
  return delayMs <= patienceMs and 1 or math.max(0.05, (patienceMs / delayMs) ^ 2)
end

-- How far so many turns reach, and how many there are: those that nobody has (includes/vacant-turns.lua) are
-- passed over. A step a run of such turns, so nothing where there are none.
local function turnsAhead(wanted)
  local upTo, found = sale.serving, 0
  local marked = redis.call('STRLEN', turnsKey) * 8
  while found < wanted do
    local from, to = upTo, sale.entrants
    if upTo < marked then
      from = redis.call('BITPOS', turnsKey, 0, upTo, marked - 1, 'BIT')
      if from < 0 then from = marked end
      local nextMarked = from < marked and redis.call('BITPOS', turnsKey, 1, from, marked - 1, 'BIT') or -1
      if nextMarked >= 0 then to = math.min(to, nextMarked) end
    end
    if from >= sale.entrants then break end
    upTo = math.min(from + wanted - found, to)
    found = found + upTo - from
  end
  return upTo, found
end

-- perMinute is the target for arrivals, stock is the reason: no more turns may be open than units that
-- could still be had, and whoever is on standby comes first where they would take what is available.
local function callTurns()
  local credit = redis.call('HMGET', saleKey, 'creditMicroTurns', 'creditAtMs')
  local factor = noShowFactor()
  local microTurnsPerMs = sale.perMinute * factor * brake() * 1000 / 60
  -- The first second's turns are there at once. A late tick calls all that fell due since the last one; while the
  -- sale was paused, or Redis away, nothing fell due.
  local sinceMs = claimClockMs() - (tonumber(credit[2]) or 0)
  local burstMicroTurns = math.max(1000000, microTurnsPerMs * 1000)
  local micro = burstMicroTurns
  if credit[2] then micro = tonumber(credit[1]) + math.max(0, sinceMs) * microTurnsPerMs end
  local justified = math.ceil(totalOf(stock, 'available') * factor) - outstandingTurns() - spokenFor(stock)
  if sale.checkoutsAtOnceMax then
    local checkouts = redis.call('ZCARD', deadlinesKey) + redis.call('ZCARD', pinsKey) + outstandingTurns()
    justified = math.min(justified, sale.checkoutsAtOnceMax - checkouts)
  end
  local call = math.min(math.floor(micro / 1000000), justified, sale.entrants - sale.serving)
  local upTo, called = turnsAhead(call)
  if called > 0 then
    local passed = upTo - sale.serving - called
    sale.serving = upTo
    micro = micro - called * 1000000
    addCall({ serving = sale.serving, passed = passed, givenUp = 0, atMs = claimClockMs() })
    redis.call('HSET', saleKey, 'serving', sale.serving)
  end
  -- What stock or room did not allow is not saved up beyond a second.
  redis.call('HSET', saleKey, 'creditMicroTurns', integer(math.min(micro, burstMicroTurns)), 'creditAtMs',
    integer(claimClockMs()))
end

sweep()
if sale.state == 'open' then
  closeWhenSoldOut(stock)
end
if sale.state == 'open' then
  closeWindows()
  turnAwayInVain()
  handOver(stock)
  if sale.method ~= 'none' then callTurns() end
end

local reply = { requestId, 1, sale.state, integer(sale.epoch), integer(nowMs), sale.entrants, sale.serving,
  sale.perMinute, redis.call('ZCARD', standbyKey), sale.missedBelow,
  redis.call('HGET', saleKey, 'vacantRuns') or '' }
for sku, counts in pairs(stock) do
  reply[#reply + 1] = { sku, counts.units, counts.available, counts.held, counts.paying, counts.sold }
end
return reply
