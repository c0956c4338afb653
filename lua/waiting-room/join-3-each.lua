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
--- @include integer types clock life sale outbox vacant-runs
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
