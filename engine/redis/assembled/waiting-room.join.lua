#!lua
-- Gives each buyer of a batch the next index, or the one they have; or the one of the ticket that they show,
-- where Redis has lost what it knew of them.
--
-- Buyers are remembered as 96-bit keyed hash → index in small packed hashes ("buckets"), which grow by
-- linear hashing: the caller names the bucket count it believes in and the keys that follow from it.
-- Measured at 1 million: 24 bytes a buyer; a UUID as the field's name breaks the packing (49 bytes).
--
-- KEYS  1 sale (hash)  2 outbox (stream)  3 turns (bitmap)  then one bucket (hash) an element
-- ARGV  1 requestId    echoed
--       2 epoch        integer
--       3 buckets      integer, what the caller believes
--       4 places       12 bytes an element
--       5 placesText   the same in base64, 16 characters an element
--       6 shown        index of the ticket that is shown, or - for none, one an element with blanks between them;
--                      '' where nobody shows one
-- Reply {requestId, code, buckets, entrants, indices}; code 1 decided, 0 not open, -1 no such sale,
--       -2 stale epoch, -3 stale level, -4 closed, -5 sold out, -6 no waiting room, -7 the draw has been fixed.
--       indices as one text with blanks between them: that of somebody new; one that was given before with =
--       before it; -1 no index left of the lease, -2 not invited, -3 not known to be invited, the list is
--       not whole yet
-- Event whatever places were taken: places.taken
local saleKey, outboxKey, turnsKey = KEYS[1], KEYS[2], KEYS[3]
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
-- Which indices nobody has, for telling people how many are before them, and whose ticket may have been lost: runs `from-to:vacant` in their order,
-- of whose indices so many are vacant. A room that lost Redis more often than this has its oldest runs as one, with
-- the people between them; an `m` behind it says so.
-- Expects: saleKey, sale, the include integer.
local vacantRunsMax = 32

local function readVacantRuns()
  local runs = {}
  local written = redis.call('HGET', saleKey, 'vacantRuns') or ''
  for from, to, vacant, mark in string.gmatch(written, '(%d+)-(%d+):(%d+)(m?)') do
    runs[#runs + 1] = { from = tonumber(from), to = tonumber(to), vacant = tonumber(vacant), isMerged = mark == 'm' }
  end
  return runs
end

local function writeVacantRuns(runs)
  local texts = {}
  for at, run in ipairs(runs) do
    texts[at] = integer(run.from) .. '-' .. integer(run.to) .. ':' .. integer(run.vacant)
      .. (run.isMerged and 'm' or '')
  end
  if #texts > 0 then redis.call('HSET', saleKey, 'vacantRuns', table.concat(texts, ',')) end
end

local function together(earlier, later)
  return { from = earlier.from, to = later.to, vacant = earlier.vacant + later.vacant, isMerged = earlier.isMerged }
end

local function addVacantRun(runs, run)
  local last = runs[#runs]
  if last and last.to >= run.from then
    runs[#runs] = together(last, run)
  else
    runs[#runs + 1] = run
  end
  if #runs > vacantRunsMax then
    runs[1] = together(table.remove(runs, 1), runs[1])
    runs[1].isMerged = true
  end
end

-- True for a turn that stands for an index of such a run: in a draw, of those who came after the freeze.
local function isInVacantRun(turn)
  if turn < (sale.preEntrants or 0) then return false end
  for _, run in ipairs(readVacantRuns()) do
    if not run.isMerged and run.from <= turn and turn < run.to then return true end
  end
  return false
end

-- Such a turn is marked as used although nobody used it, so that nobody waits for it; whoever has a ticket of it may
-- come nevertheless. Once it was used, or given up, it is noted apart: few are.
local function noteSpent(turn)
  if sale.hasVacantRuns and isInVacantRun(turn) then redis.call('HSET', saleKey, 'spent:' .. integer(turn), 1) end
end

local function isExcused(turn)
  return sale.hasVacantRuns and isInVacantRun(turn) and redis.call('HEXISTS', saleKey, 'spent:' .. integer(turn)) == 0
end
local requestId, epoch, buckets, places = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local placesText, shown = ARGV[5], ARGV[6]
local placeBytes, placeCharacters, elements = 12, 16, #KEYS - 3

if #ARGV ~= 6 or #places ~= placeBytes * elements or #placesText ~= placeCharacters * elements then
  return redis.error_reply('ERR ' .. elements .. ' buckets and ' .. #(places or '') .. ' bytes of places')
end
local wrong, absent = checkTypes({ [outboxKey] = 'stream', [turnsKey] = 'string' })
if wrong then return wrong end
sale = readSale()
if not sale then return { requestId, -1 } end
local room = redis.call('HMGET', saleKey, 'buckets', 'leasedTo', 'invitations')
local known, leasedTo, invitations = tonumber(room[1]), tonumber(room[2]), room[3]
if sale.epoch ~= epoch then return { requestId, -2, known } end
if known ~= buckets then return { requestId, -3, known } end
if sale.method == 'none' then return { requestId, -6, known } end
if absent[outboxKey] then return redis.error_reply('LOST ' .. outboxKey .. ' is missing') end

local clockOffsetMs
nowMs, clockOffsetMs = readClock()
local code = 1
if sale.state == 'scheduled' and nowMs < sale.waitingOpensAtMs then code = 0 end
if sale.method == 'lottery' and sale.preEntrants then code = -7 end
if sale.state == 'closed' or nowMs >= sale.closesAtMs then code = -4 end
if sale.state == 'sold_out' then code = -5 end

local noIndex, notInvited, notKnown = '-1', '-2', '-3'
local nextIndex, broken = sale.entrants, nil
-- In base64: of whom an index was issued to, in their order, and who is back at the index of a ticket.
local newcomers, returners = {}, {}
local shownIndices = {}
for index in string.gmatch(shown, '%S+') do
  -- Who is in a draw is fixed with it: whom this room does not know then is not.
  local isFixed = tonumber(index) and sale.preEntrants and tonumber(index) < sale.preEntrants
  shownIndices[#shownIndices + 1] = not isFixed and tonumber(index) or false
end

local function textOf(element) return string.sub(placesText, placeCharacters * (element - 1) + 1, placeCharacters * element) end

-- A turn that was marked as nobody's, when its index was lost, is waited for again.
local function awaitTurn(index)
  local runs = readVacantRuns()
  for _, run in ipairs(runs) do
    if run.from <= index and index < run.to then run.vacant = math.max(0, run.vacant - 1) end
  end
  writeVacantRuns(runs)
  if sale.isDrawn and not sale.preEntrants then return end
  if index >= sale.serving and redis.call('GETBIT', turnsKey, index) == 1 then redis.call('SETBIT', turnsKey, index, 0) end
end

local function issued(element)
  newcomers[#newcomers + 1] = textOf(element)
  nextIndex = nextIndex + 1
  return integer(nextIndex - 1)
end

-- The bucket is that key: what stands in it is an index, one that was given up (-1 - index), or an invitation.
local function join(element, place)
  local at = element + 3
  local mayIssue = code == 1 and nextIndex < leasedTo
  local shownIndex = shownIndices[element]
  -- Most are new, and most rooms are open to everybody: one command instead of two.
  if mayIssue and not invitations and not shownIndex and redis.pcall('HSETNX', KEYS[at], place, nextIndex) == 1 then
    return issued(element)
  end
  local found = redis.pcall('HGET', KEYS[at], place)
  if type(found) == 'table' then
    -- A bucket of another type is the trouble of those in it.
    broken = found
    return noIndex
  end
  local index = tonumber(found)
  if index and index >= 0 then return '=' .. found end
  -- Indices of a buyer only grow: what was given up is this one, or an earlier one.
  if shownIndex and (not index or shownIndex > -1 - index) then
    redis.call('HSET', KEYS[at], place, shownIndex)
    awaitTurn(shownIndex)
    returners[#returners + 1] = { index = shownIndex, place = textOf(element) }
    return '=' .. integer(shownIndex)
  end
  if code == 1 and invitations and not found then return invitations == 'complete' and notInvited or notKnown end
  if not mayIssue then return noIndex end
  redis.call('HSET', KEYS[at], place, nextIndex)
  return issued(element)
end

local indices = {}
for i = 1, elements do
  indices[i] = join(i, string.sub(places, placeBytes * (i - 1) + 1, placeBytes * i))
end
if broken and nextIndex == sale.entrants and #returners == 0 then return broken end
writeClock(nowMs, clockOffsetMs)
if nextIndex > sale.entrants then
  redis.call('HSET', saleKey, 'entrants', nextIndex)
  emitPlaces('places.taken', table.concat(newcomers), sale.entrants)
end
for _, returner in ipairs(returners) do emitPlaces('places.taken', returner.place, returner.index) end
return { requestId, code, known, nextIndex, table.concat(indices, ' ') }
