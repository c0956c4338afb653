-- The sale's floor: every key that a script which moves units may touch, always in this order.
--
-- KEYS  1 sale (hash)  2 stock (hash)  3 reservations (hash)  4 buyers (hash)  5 deadlines (zset)
--       6 pins (zset)  7 turns (bitmap)  8 calls (zset)  9 standby (zset)  10 standbyRequests (hash)
--       11 attempts (set)  12 outbox (stream)
local saleKey, stockKey, reservationsKey, buyersKey = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local deadlinesKey, pinsKey, turnsKey, callsKey = KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local standbyKey, standbyRequestsKey, attemptsKey, outboxKey = KEYS[9], KEYS[10], KEYS[11], KEYS[12]
local sale, nowMs

--- @include integer arguments types clock life sale items stock buyers outbox vacant-runs reservations claim-windows standby lifecycle losses

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
