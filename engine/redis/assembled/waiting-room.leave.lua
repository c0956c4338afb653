#!lua
-- Gives places up for good, with their turns. The index stays taken; joining again takes a new one at the end.
-- What a buyer holds stays theirs.
--
-- KEYS  includes/floor.lua  then one bucket (hash) an element
-- ARGV  1 requestId    echoed
--       2 buckets      integer, what the caller believes
--       3 places       12 bytes an element
--       4 placesText   the same in base64, 16 characters an element
--       then 3 an element: buyerId, and of a turn that was drawn: its index, and the turn; both -1 where the caller
--       does not know it
-- Reply {requestId, code, buckets, answer…}; code 1 decided, -1 no such sale, -3 stale level. An answer is one of
--       {1} left (now or before)    {0} there was never a place
--       {2, index, preEntrants, drawSeed}  nothing was done: that index has a drawn turn; say which
-- Event whatever places were given up: places.given_up
-- The sale's floor: every key that a script which moves units may touch, always in this order.
--
-- KEYS  1 sale (hash)  2 stock (hash)  3 reservations (hash)  4 buyers (hash)  5 deadlines (zset)
--       6 pins (zset)  7 turns (bitmap)  8 calls (zset)  9 standby (zset)  10 standbyRequests (hash)
--       11 attempts (set)  12 outbox (stream)
local saleKey, stockKey, reservationsKey, buyersKey = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local deadlinesKey, pinsKey, turnsKey, callsKey = KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local standbyKey, standbyRequestsKey, attemptsKey, outboxKey = KEYS[9], KEYS[10], KEYS[11], KEYS[12]
local sale, nowMs

-- Numbers as decimal strings without exponent: Lua prints 1e14 and above in another form.
-- A batch says the same few moments again and again, so each is written once a call.
local written = {}
local function integer(number)
  local text = written[number]
  if not text then
    text = string.format('%d', number)
    written[number] = text
  end
  return text
end
-- Arguments are checked before anything is written, the clock included: a script that fails half-way
-- through its elements has moved units that nobody hears of.
-- Expects nothing. Numbers are decimal digits only; Lua's own tonumber takes `nan`, `inf`, `0x1` and ` 1`.
local function whole(text)
  return text and #text <= 15 and string.find(text, '^%d+$') and tonumber(text) or nil
end

-- An error, or nil where everything from ARGV[from] on is elements of `size` arguments each.
local function checkElements(from, size)
  if #ARGV < from - 1 or (#ARGV - from + 1) % size ~= 0 then
    return redis.error_reply('ERR ' .. #ARGV .. ' arguments are not whole elements of ' .. size .. ' from ' .. from .. ' on')
  end
  return nil
end

-- An error, or nil where there are exactly so many arguments.
local function checkCount(count)
  if #ARGV ~= count then return redis.error_reply('ERR ' .. #ARGV .. ' arguments, not ' .. count) end
  return nil
end

-- An error, or nil where these arguments are whole numbers.
local function checkWhole(...)
  for _, position in ipairs({ ... }) do
    if not whole(ARGV[position]) then return redis.error_reply('ERR argument ' .. position .. ' is no whole number') end
  end
  return nil
end
-- Refuses a key of the wrong type before anything is written: Redis does not roll a script back.
-- Expects nothing. `expected` maps key → type name as TYPE says it; an absent key is fine.
-- Answers the error or nil, and which of the keys are absent.
local function checkTypes(expected)
  local absent = {}
  for key, name in pairs(expected) do
    local found = redis.call('TYPE', key).ok
    if found == 'none' then
      absent[key] = true
    elseif found ~= name then
      return redis.error_reply('WRONGTYPE ' .. key .. ' is a ' .. found .. ', not a ' .. name)
    end
  end
  return nil, absent
end
-- The sale's clock: max(last, TIME + offset). A jump of more than 5 s in either direction becomes
-- offset, so a wall clock that was set wrong, or a pause of every gateway, releases no hold early and
-- revives none. A sale with `wallMs` set takes that instead of TIME: tests and the simulator differ
-- from production in this one line.
-- Expects: saleKey. Writes: clockLastMs, clockOffsetMs of the sale.
local clockJumpMs = 5000

local function wallClockMs()
  local set = redis.call('HGET', saleKey, 'wallMs')
  if set then return tonumber(set) end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- By the sale's clock it is so late, and so far is it from the wall clock. Nothing has moved yet.
local function readClock()
  local wallMs = wallClockMs()
  local clock = redis.call('HMGET', saleKey, 'clockLastMs', 'clockOffsetMs')
  local lastMs, offsetMs = tonumber(clock[1]) or wallMs, tonumber(clock[2]) or 0
  local nowMs = wallMs + offsetMs
  if math.abs(nowMs - lastMs) > clockJumpMs then return lastMs, lastMs - wallMs end
  return math.max(nowMs, lastMs), offsetMs
end

local function writeClock(nowMs, offsetMs)
  redis.call('HSET', saleKey, 'clockLastMs', nowMs, 'clockOffsetMs', offsetMs)
end

local function saleNow()
  local nowMs, offsetMs = readClock()
  writeClock(nowMs, offsetMs)
  return nowMs
end
-- Which life of Redis this is. A restart, a failover and a copy that was brought back have another one than
-- the sale was published or rebuilt in, and nothing of such a sale is believed until Postgres has agreed.
-- Costs 15 µs a call of a script that decides for up to 200.
local function redisLife()
  return string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
end
-- The sale's own fields, read once a call. A missing sale refuses; it never counts as zero.
-- Expects: saleKey, the include life. Nil where Redis does not know the sale (any more).
local function readSaleOfAnyLife()
  local fields = redis.call('HMGET', saleKey, 'id', 'epoch', 'state', 'method', 'perBuyerLimit', 'holdMs',
    'claimMs', 'perMinute', 'waitingOpensAtMs', 'opensAtMs', 'closesAtMs', 'serving', 'entrants',
    'missedBelow', 'pausedAtMs', 'pausedTotalMs', 'drawSeed', 'preEntrants', 'checkoutsAtOnceMax', 'life',
    'vacantRuns', 'isDrawReady')
  if not fields[2] then return nil end
  return {
    id = fields[1],
    epoch = tonumber(fields[2]),
    state = fields[3],
    method = fields[4],
    perBuyerLimit = tonumber(fields[5]),
    holdMs = tonumber(fields[6]),
    claimMs = tonumber(fields[7]),
    perMinute = tonumber(fields[8]),
    waitingOpensAtMs = tonumber(fields[9]),
    opensAtMs = tonumber(fields[10]),
    closesAtMs = tonumber(fields[11]),
    serving = tonumber(fields[12]),
    entrants = tonumber(fields[13]),
    missedBelow = tonumber(fields[14]),
    pausedAtMs = tonumber(fields[15]),
    pausedTotalMs = tonumber(fields[16]),
    isDrawn = fields[4] == 'queue' or fields[4] == 'lottery',
    hasDrawSeed = fields[17] and true or false,
    -- Absent, where nobody has to be waited for, as after a rebuild.
    isDrawReady = fields[17] and fields[22] ~= '0',
    hasVacantRuns = fields[21] and true or false,
    preEntrants = tonumber(fields[18]),
    checkoutsAtOnceMax = tonumber(fields[19]),
    life = fields[20],
  }
end

-- Nil also where this Redis is not the one that the sale's epoch was begun in.
local function readSale()
  local found = readSaleOfAnyLife()
  return found and found.life == redisLife() and found or nil
end
-- Items travel as `sku:quantity,sku:quantity`, sorted by SKU, each SKU once.
-- parseItems answers a list of {sku, quantity}, or nil where the text is not of exactly that form: a SKU
-- named twice would be checked twice against the same unit.
-- A batch asks for the same few combinations again and again, so each is parsed once a call.
local parsedItems = {}

-- By bytes, as callers sort: `<` goes by the locale that Redis was started in.
local function isBefore(one, other)
  for i = 1, math.min(#one, #other) do
    local left, right = string.byte(one, i), string.byte(other, i)
    if left ~= right then return left < right end
  end
  return #one < #other
end

local function parseItems(text)
  if parsedItems[text] then return parsedItems[text] end
  local items, length = {}, 0
  for pair in string.gmatch(text, '[^,]+') do
    local sku, quantity = string.match(pair, '^([a-z0-9-]+):([1-9]%d*)$')
    if not sku or #quantity > 9 then return nil end
    if items[1] and not isBefore(items[#items].sku, sku) then return nil end
    items[#items + 1] = { sku = sku, quantity = tonumber(quantity) }
    length = length + #pair + 1
  end
  if #items == 0 or length ~= #text + 1 then return nil end
  parsedItems[text] = items
  return items
end

local function unitsOf(items)
  local units = 0
  for _, item in ipairs(items) do units = units + item.quantity end
  return units
end
-- Where the units of a SKU are: `<sku>:available`, `:held`, `:paying`, `:sold`, and their sum `:units`.
-- Units only ever move between two of these, so the sum stays. `:waiting` is no place of a unit: how many
-- on standby want that SKU (includes/standby.lua).
-- Expects: stockKey. `readStock` answers sku → counts, all SKUs of the sale, read once a call.
local stock
-- How often units became available in this call: what did not fit before may fit now.
local returns = 0

local function readStock()
  if stock then return stock end
  local flat = redis.call('HGETALL', stockKey)
  stock = {}
  for i = 1, #flat, 2 do
    local sku, place = string.match(flat[i], '^(.-):(%a+)$')
    stock[sku] = stock[sku] or {}
    stock[sku][place] = tonumber(flat[i + 1])
  end
  return stock
end

-- True where all items are available at this moment.
local function fits(stock, items, reserved)
  for _, item in ipairs(items) do
    if stock[item.sku].available - (reserved or 0) < item.quantity then return false end
  end
  return true
end

local function moveUnits(stock, items, from, to)
  if to == 'available' then returns = returns + 1 end
  for _, item in ipairs(items) do
    local counts = stock[item.sku]
    counts[from] = counts[from] - item.quantity
    counts[to] = counts[to] + item.quantity
    redis.call('HSET', stockKey, item.sku .. ':' .. from, counts[from], item.sku .. ':' .. to, counts[to])
  end
end

local function totalOf(stock, place)
  local total = 0
  for _, counts in pairs(stock) do total = total + counts[place] end
  return total
end
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
-- Which indices nobody has, for telling people how many are before them, and whose ticket may have been lost: runs `from-to:vacant` in their order,
-- of whose indices so many are vacant. A room that lost Redis more often than this has its oldest runs as one, with
-- the people between them; an `m` behind it says so.
-- Expects: saleKey, sale, the include integer.
local vacantRunsMax = 32

local function readVacantRuns()
  local runs = {}
  local written = redis.call('HGET', saleKey, 'vacantRuns') or ''
  for from, to, vacant, mark in string.gmatch(written, '(%d+)-(%d+):(%d+)(m?)') do
    runs[#runs + 1] = { from = tonumber(from), to = tonumber(to), vacant = tonumber(vacant), isMerged = mark == 'm' }
  end
  return runs
end

local function writeVacantRuns(runs)
  local texts = {}
  for at, run in ipairs(runs) do
    texts[at] = integer(run.from) .. '-' .. integer(run.to) .. ':' .. integer(run.vacant)
      .. (run.isMerged and 'm' or '')
  end
  if #texts > 0 then redis.call('HSET', saleKey, 'vacantRuns', table.concat(texts, ',')) end
end

local function together(earlier, later)
  return { from = earlier.from, to = later.to, vacant = earlier.vacant + later.vacant, isMerged = earlier.isMerged }
end

local function addVacantRun(runs, run)
  local last = runs[#runs]
  if last and last.to >= run.from then
    runs[#runs] = together(last, run)
  else
    runs[#runs + 1] = run
  end
  if #runs > vacantRunsMax then
    runs[1] = together(table.remove(runs, 1), runs[1])
    runs[1].isMerged = true
  end
end

-- True for a turn that stands for an index of such a run: in a draw, of those who came after the freeze.
local function isInVacantRun(turn)
  if turn < (sale.preEntrants or 0) then return false end
  for _, run in ipairs(readVacantRuns()) do
    if not run.isMerged and run.from <= turn and turn < run.to then return true end
  end
  return false
end

-- Such a turn is marked as used although nobody used it, so that nobody waits for it; whoever has a ticket of it may
-- come nevertheless. Once it was used, or given up, it is noted apart: few are.
local function noteSpent(turn)
  if sale.hasVacantRuns and isInVacantRun(turn) then redis.call('HSET', saleKey, 'spent:' .. integer(turn), 1) end
end

local function isExcused(turn)
  return sale.hasVacantRuns and isInVacantRun(turn) and redis.call('HEXISTS', saleKey, 'spent:' .. integer(turn)) == 0
end
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
-- A called turn may be used on time for claimMs by the claim clock, which stands still while the sale
-- is paused, and stood still while Redis was away (`pausedTotalMs` has both). Turns called together share one
-- entry of the `calls` set, scored by the serving they led to, `serving:passed:atMs:givenUp`: so many of them nobody
-- has, and were passed over; so many were given up once they were called (absent: none). Turns below `missedBelow`
-- have had their time. The cost follows the turns in the window, never the people who wait.
-- Expects: saleKey, callsKey, turnsKey, sale, nowMs, the include integer.
local function packCall(call)
  return integer(call.serving) .. ':' .. integer(call.passed) .. ':' .. integer(call.atMs) .. ':' .. integer(call.givenUp)
end

local function parseCall(text)
  local serving, passed, atMs, givenUp = string.match(text, '^(%d+):(%d+):(%d+):?(%d*)$')
  return { serving = tonumber(serving), passed = tonumber(passed), atMs = tonumber(atMs),
    givenUp = tonumber(givenUp) or 0, text = text }
end

local function addCall(call)
  redis.call('ZADD', callsKey, call.serving, packCall(call))
end

-- The call that this turn was called by; nil where it is over, or has not come yet.
local function callOf(turn)
  if turn < sale.missedBelow then return nil end
  local text = redis.call('ZRANGEBYSCORE', callsKey, '(' .. integer(turn), '+inf', 'LIMIT', 0, 1)[1]
  return text and parseCall(text)
end

local function claimClockMs()
  local untilMs = sale.state == 'paused' and sale.pausedAtMs or nowMs
  return untilMs - sale.pausedTotalMs
end

-- When the window of that called turn ends by the sale's clock; nil where it has ended.
-- While the sale is paused this moves on with the pause.
local function claimByMs(turn)
  local call = callOf(turn)
  if not call then return nil end
  local byMs = call.atMs + sale.claimMs
  if byMs <= claimClockMs() then return nil end
  return nowMs + byMs - claimClockMs()
end

-- How many turns in `[from, to)` were used.
local function usedTurns(from, to)
  if to <= from then return 0 end
  return redis.call('BITCOUNT', turnsKey, from, to - 1, 'BIT')
end

-- Turns that were called, may still come on time, and have not come.
local function outstandingTurns()
  return sale.serving - sale.missedBelow - usedTurns(sale.missedBelow, sale.serving)
end

-- That nobody comes with this turn any more. Where it was called already, it is one that did not come.
local function noteGivenUp(turn)
  local call = turn < sale.serving and callOf(turn)
  if not call then return end
  redis.call('ZREM', callsKey, call.text)
  call.givenUp = call.givenUp + 1
  addCall(call)
end
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
-- What is due by the clock, and what follows from the stock. Running it late or twice gives the same.
-- A drawn sale opens when its seed has been drawn (entrants fixed and committed, beacon known), and turns that nobody
-- has are marked.
-- Expects: saleKey, stockKey, outboxKey, sale, nowMs, and the includes stock, outbox.
local function enter(state, event)
  sale.state = state
  redis.call('HSET', saleKey, 'state', state)
  if state == 'open' then redis.call('HSETNX', saleKey, 'openedAtMs', nowMs) end
  emitSale(event)
end

local function mayOpen()
  return not sale.isDrawn or sale.isDrawReady
end

local function advance()
  if sale.state == 'scheduled' and nowMs >= sale.waitingOpensAtMs then enter('waiting', 'sale.waiting') end
  if sale.state == 'waiting' and nowMs >= sale.opensAtMs and mayOpen() then enter('open', 'sale.opened') end
  if sale.state ~= 'closed' and sale.state ~= 'sold_out' and nowMs >= sale.closesAtMs then
    enter('closed', 'sale.closed')
  end
end

-- Final: a unit that comes back after the last one was sold goes to general stock.
-- General stock never ends: what is sold out today is delivered tomorrow.
local function closeWhenSoldOut(stock)
  if sale.id == '_general' then return end
  if sale.state ~= 'open' and sale.state ~= 'paused' then return end
  if totalOf(stock, 'sold') == totalOf(stock, 'units') then enter('sold_out', 'sale.sold_out') end
end
-- A key that is gone although others say that it was there is not empty: Redis has lost part of the sale.
-- Without this an absent stock reads as sold out, which is final, and absent buyers as nobody at the limit.
-- Expects the floor's keys, sale, the include stock. Answers an error or nil.
local function checkLosses(absent)
  if not next(absent) then return nil end
  local stock = readStock()
  local paying = totalOf(stock, 'paying')
  local held, paid = totalOf(stock, 'held'), paying + totalOf(stock, 'sold')
  local expected = {
    [stockKey] = true, [outboxKey] = true,
    [reservationsKey] = held + paid > 0, [buyersKey] = held + paid > 0,
    [turnsKey] = held + paid > 0 and sale.method ~= 'none',
    [deadlinesKey] = held > 0, [pinsKey] = paying > 0, [attemptsKey] = paid > 0,
    [callsKey] = sale.serving > sale.missedBelow,
    -- Of those who were turned away there are requests alone.
    [standbyKey] = someStandBy(), [standbyRequestsKey] = someStandBy() or not absent[standbyKey],
  }
  for key in pairs(absent) do
    if expected[key] then return redis.error_reply('LOST ' .. key .. ' is missing') end
  end
  return nil
end

local function checkFloor()
  return checkTypes({
    [saleKey] = 'hash', [stockKey] = 'hash', [reservationsKey] = 'hash', [buyersKey] = 'hash',
    [deadlinesKey] = 'zset', [pinsKey] = 'zset', [turnsKey] = 'string', [callsKey] = 'zset',
    [standbyKey] = 'zset', [standbyRequestsKey] = 'hash', [attemptsKey] = 'set', [outboxKey] = 'stream',
  })
end

-- Everything that is checked before the first write, and the clock. Answers an error or nil.
-- With `epoch` the caller says which epoch it believes in: a sale that began another one refuses.
local noSale, staleEpoch = -1, -2
local function enterFloor()
  local wrong, absent = checkFloor()
  if wrong then return wrong end
  sale = readSale()
  if not sale then return nil end
  local lost = checkLosses(absent)
  if lost then return lost end
  nowMs = saleNow()
  advance()
  return nil
end
-- A turn whose place was given up is used: nobody reserves with it, callTurns passes over it, and whoever stood by with
-- it does not any more.
-- Expects the floor.
local function giveUpTurn(stock, buyerId, turn)
  local standing = standByRequest(buyerId)
  if standing and standing.turn == turn then leaveStandby(stock, standing) end
  noteSpent(turn)
  if redis.call('SETBIT', turnsKey, turn, 1) == 0 then
    noteGivenUp(turn)
    return
  end
  -- Whose hold lapses or is released may ask again with the turn of it; not once it was given up.
  local buyer = readBuyer(buyerId)
  local latest = buyer.reservationId and readReservation(buyer.reservationId)
  if latest and latest.turn == turn then
    buyer.gaveUp = true
    writeBuyer(buyerId, buyer)
  end
end
local failed = checkElements(5, 3)
if failed then return failed end
local requestId, buckets, places, placesText = ARGV[1], whole(ARGV[2]), ARGV[3], ARGV[4]
local placeBytes, placeCharacters, elements = 12, 16, #KEYS - 12
if not buckets or #ARGV ~= 4 + 3 * elements or #places ~= placeBytes * elements
  or #placesText ~= placeCharacters * elements then
  return redis.error_reply('ERR ' .. elements .. ' buckets and ' .. #places .. ' bytes of places')
end
for i = 6, #ARGV, 3 do
  local isUntold = ARGV[i] == '-1' and ARGV[i + 1] == '-1'
  if not isUntold and not (whole(ARGV[i]) and whole(ARGV[i + 1])) then
    return redis.error_reply('ERR arguments ' .. i .. ' and ' .. i + 1 .. ' are no index and turn')
  end
end
local bucketTypes = {}
for i = 1, elements do bucketTypes[KEYS[i + 12]] = 'hash' end
failed = checkTypes(bucketTypes) or enterFloor()
if failed then return failed end
if not sale then return { requestId, noSale, 0 } end
local known = tonumber(redis.call('HGET', saleKey, 'buckets'))
if known ~= buckets then return { requestId, -3, known } end

local stock = readStock()
local leavers = {}

local function leave(element)
  local bucket = KEYS[element + 12]
  local place = string.sub(places, placeBytes * (element - 1) + 1, placeBytes * element)
  local index = tonumber(redis.call('HGET', bucket, place))
  if not index then return { 0 } end
  if index < 0 then return { 1 } end

  local at = 2 + 3 * element
  local buyerId, toldIndex, toldTurn = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local turn = index
  if sale.isDrawn and not (sale.preEntrants and index >= sale.preEntrants) then
    -- Nobody's turn before the draw: it is marked with the seed (persistence/draw/vacant-turns.ts).
    turn = nil
    if sale.hasDrawSeed then
      if index ~= toldIndex then
        return { 2, integer(index), integer(sale.preEntrants), redis.call('HGET', saleKey, 'drawSeed') }
      end
      turn = toldTurn
    end
  end
  redis.call('HSET', bucket, place, -1 - index)
  leavers[#leavers + 1] = string.sub(placesText, placeCharacters * (element - 1) + 1, placeCharacters * element)
  if turn then giveUpTurn(stock, buyerId, turn) end
  return { 1 }
end

local reply = { requestId, 1, known }
for element = 1, elements do reply[#reply + 1] = leave(element) end
if #leavers > 0 then
  emitPlaces('places.given_up', table.concat(leavers))
  -- No unit is kept for them any more.
  handOver(stock)
end
return reply
