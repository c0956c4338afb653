#!lua
-- Gives each buyer of a batch the next index, or the one they have.
--
-- Buyers are remembered as 96-bit keyed hash → index in small packed hashes ("buckets"), which grow by
-- linear hashing: the caller names the bucket count it believes in and the keys that follow from it.
-- Measured at 1 million: 24 bytes a buyer; a UUID as the field's name breaks the packing (49 bytes).
--
-- KEYS  1 sale (hash)  then one bucket (hash) an element
-- ARGV  1 requestId    echoed
--       2 epoch        integer
--       3 buckets      integer, what the caller believes
--       4 places       12 bytes an element
-- Reply {requestId, code, buckets, entrants, indices}; code 1 decided, 0 not open, -1 no such sale,
--       -2 stale epoch, -3 stale level, -4 closed, -5 sold out, -6 no waiting room, -7 the draw has been fixed.
--       indices as one text with blanks between them: that of somebody new; one that was given before with =
--       before it; -1 no index left of the lease, -2 not invited, -3 not known to be invited, the list is
--       not whole yet
local saleKey = KEYS[1]
local sale
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
    'missedBelow', 'pausedAtMs', 'pausedTotalMs', 'drawSeed', 'preEntrants', 'checkoutsAtOnceMax', 'life')
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
local requestId, epoch, buckets, places = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local placeBytes = 12

if #ARGV ~= 4 or #places ~= placeBytes * (#KEYS - 1) then
  return redis.error_reply('ERR ' .. (#KEYS - 1) .. ' buckets and ' .. #(places or '') .. ' bytes of places')
end
sale = readSale()
if not sale then return { requestId, -1 } end
local room = redis.call('HMGET', saleKey, 'buckets', 'leasedTo', 'invitations')
local known, leasedTo, invitations = tonumber(room[1]), tonumber(room[2]), room[3]
if sale.epoch ~= epoch then return { requestId, -2, known } end
if known ~= buckets then return { requestId, -3, known } end
if sale.method == 'none' then return { requestId, -6, known } end

local nowMs, clockOffsetMs = readClock()
local code = 1
if sale.state == 'scheduled' and nowMs < sale.waitingOpensAtMs then code = 0 end
if sale.method == 'lottery' and sale.preEntrants then code = -7 end
if sale.state == 'closed' or nowMs >= sale.closesAtMs then code = -4 end
if sale.state == 'sold_out' then code = -5 end

local noIndex, notInvited, notKnown = '-1', '-2', '-3'
local nextIndex, broken = sale.entrants, nil

local function issued()
  nextIndex = nextIndex + 1
  return integer(nextIndex - 1)
end

-- The bucket is that key: what stands in it is an index, one that was given up (-1 - index), or an invitation.
local function join(at, place)
  local mayIssue = code == 1 and nextIndex < leasedTo
  -- Most are new, and most rooms are open to everybody: one command instead of two.
  if mayIssue and not invitations and redis.pcall('HSETNX', KEYS[at], place, nextIndex) == 1 then return issued() end
  local found = redis.pcall('HGET', KEYS[at], place)
  if type(found) == 'table' then
    -- A bucket of another type is the trouble of those in it.
    broken = found
    return noIndex
  end
  local index = tonumber(found)
  if index and index >= 0 then return '=' .. found end
  if code == 1 and invitations and not found then return invitations == 'complete' and notInvited or notKnown end
  if not mayIssue then return noIndex end
  redis.call('HSET', KEYS[at], place, nextIndex)
  return issued()
end

local indices = {}
for i = 2, #KEYS do indices[i - 1] = join(i, string.sub(places, placeBytes * (i - 2) + 1, placeBytes * (i - 1))) end
if broken and nextIndex == sale.entrants then return broken end
writeClock(nowMs, clockOffsetMs)
if nextIndex > sale.entrants then redis.call('HSET', saleKey, 'entrants', nextIndex) end
return { requestId, code, known, nextIndex, table.concat(indices, ' ') }
