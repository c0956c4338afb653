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
--- @include integer clock life sale
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
