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
