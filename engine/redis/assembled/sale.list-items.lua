#!lua
-- Says what a sale sells: titles and prices anew, and SKUs that are new to it, of which it has no units yet. What
-- it sells already keeps its units.
--
-- KEYS  1 sale (hash)  2 stock (hash)  3 outbox (stream)
-- ARGV  1 requestId    echoed
--       2 items        JSON, all of them, as gateways read them
--       then a SKU an element: all of them
-- Reply {requestId, code}: 1 done, -1 no such sale
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
local requestId, items = ARGV[1], ARGV[2]

local wrong = checkTypes({ [saleKey] = 'hash', [stockKey] = 'hash', [outboxKey] = 'stream' })
if wrong then return wrong end
sale = readSale()
if not sale then return { requestId, -1 } end
for i = 3, #ARGV do
  local sku = ARGV[i]
  if redis.call('HEXISTS', stockKey, sku .. ':units') == 0 then
    redis.call('HSET', stockKey, sku .. ':units', 0, sku .. ':available', 0, sku .. ':held', 0, sku .. ':paying', 0,
      sku .. ':sold', 0)
  end
end
redis.call('HSET', saleKey, 'items', items)
return { requestId, 1 }
