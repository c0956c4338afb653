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
