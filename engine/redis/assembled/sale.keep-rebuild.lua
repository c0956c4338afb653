#!lua
-- Keeps a rebuild with its builder while there is nothing to write: whoever reads the rows of a large sale for a
-- minute is not taken for dead.
--
-- KEYS  1 sale (hash)
-- ARGV  1 requestId    echoed
--       2 builder      who began the rebuild
-- Reply {requestId, code}: 1 heard, -1 no such rebuild (any more)
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
local requestId, builder = ARGV[1], ARGV[2]

local failed = checkCount(2) or checkTypes({ [saleKey] = 'hash' })
if failed then return failed end
if redis.call('HGET', saleKey, 'builder') ~= builder then return { requestId, -1 } end
redis.call('HSET', saleKey, 'builderHeardAtMs', integer(wallClockMs()))
return { requestId, 1 }
