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
