#!lua
-- Changes fields of a sale that the operator may change while it lasts. The rows changed first.
--
-- KEYS  1 sale (hash)  2 stock (hash)  3 outbox (stream)
-- ARGV  1 requestId    echoed
--       2 revision     integer, of the rows that say so
--       then pairs of field and value: title, perMinute, waitingOpensAtMs, opensAtMs, closesAtMs
-- Reply {requestId, code, state}: 1 done, 0 the sale has ended, -1 no such sale, -4 a later revision was here before
-- Event sale.opened, sale.closed where that is due by the new times
local saleKey, stockKey, outboxKey = KEYS[1], KEYS[2], KEYS[3]
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
local requestId, revision = ARGV[1], tonumber(ARGV[2])

local wrong = checkTypes({ [saleKey] = 'hash', [stockKey] = 'hash', [outboxKey] = 'stream' })
if wrong then return wrong end
sale = readSale()
if not sale then return { requestId, -1, '' } end
if sale.state == 'closed' or sale.state == 'sold_out' then return { requestId, 0, sale.state } end
if revision < (tonumber(redis.call('HGET', saleKey, 'revision')) or 0) then return { requestId, -4, sale.state } end
redis.call('HSET', saleKey, 'revision', revision)
for i = 3, #ARGV, 2 do redis.call('HSET', saleKey, ARGV[i], ARGV[i + 1]) end
sale = readSale()
nowMs = saleNow()
advance()
return { requestId, 1, sale.state }
