-- A called turn may be used on time for claimMs by the claim clock, which stands still while the sale
-- is paused. Turns called together share one entry of the `calls` set, scored by the serving they led
-- to, `serving:passed:atMs`: so many of them nobody has, and were passed over. Turns below `missedBelow` have had
-- their time. The cost follows the turns in the window, never the people who wait.
-- Expects: saleKey, callsKey, turnsKey, sale, nowMs.
local function claimClockMs()
  local untilMs = sale.state == 'paused' and sale.pausedAtMs or nowMs
  return untilMs - sale.pausedTotalMs
end

-- When the window of that called turn ends by the sale's clock; nil where it has ended.
-- While the sale is paused this moves on with the pause.
local function claimByMs(turn)
  if turn < sale.missedBelow then return nil end
  local call = redis.call('ZRANGEBYSCORE', callsKey, '(' .. turn, '+inf', 'LIMIT', 0, 1)[1]
  if not call then return nil end
  local byMs = tonumber(string.match(call, ':(%d+)$')) + sale.claimMs
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
