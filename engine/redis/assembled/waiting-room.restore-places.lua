#!lua
-- Writes what each of some buckets holds into a sale that is being rebuilt, over whatever an older copy has there of
-- the same buyers. Whoever rebuilds is heard of by it.
--
-- KEYS  1 sale (hash)  then one bucket (hash) an element
-- ARGV  1 requestId    echoed
--       2 builder      who began the rebuild
--       3 buckets      integer, how many there are; so many there will be where nobody knows it any more
--       then 2 an element: places (12 bytes each, 1,000 at most), and as one text with blanks between them the index
--       of each, -1 - index where it was given up
-- Reply {requestId, code, buckets}: code 1 written, -1 no such rebuild (any more), -3 there are more or fewer
local saleKey = KEYS[1]
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
local requestId, builder, buckets = ARGV[1], ARGV[2], tonumber(ARGV[3])
local placeBytes, elements = 12, #KEYS - 1

if #ARGV ~= 3 + 2 * elements then
  return redis.error_reply('ERR ' .. elements .. ' buckets and ' .. #ARGV .. ' arguments')
end
local wrong = checkTypes({ [saleKey] = 'hash' })
if wrong then return wrong end
if redis.call('HGET', saleKey, 'builder') ~= builder then return { requestId, -1, 0 } end
redis.call('HSET', saleKey, 'builderHeardAtMs', integer(wallClockMs()))
redis.call('HSETNX', saleKey, 'buckets', buckets)
local known = tonumber(redis.call('HGET', saleKey, 'buckets'))
if known ~= buckets then return { requestId, -3, known } end

for i = 1, elements do
  local places, entries = ARGV[2 + 2 * i], {}
  for index in string.gmatch(ARGV[3 + 2 * i], '%S+') do
    local from = #entries / 2 * placeBytes
    entries[#entries + 1] = string.sub(places, from + 1, from + placeBytes)
    entries[#entries + 1] = index
  end
  -- What is no bucket at all is in the way.
  if redis.call('TYPE', KEYS[i + 1]).ok ~= 'hash' then redis.call('UNLINK', KEYS[i + 1]) end
  redis.call('HSET', KEYS[i + 1], unpack(entries))
end
return { requestId, 1, known }
