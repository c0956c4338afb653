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
--       then an element: place (12 bytes)
-- Reply {requestId, code, buckets, entrants, {index, fresh}…}; fresh is 1 or 0, index -1: no index left
--       of the lease, -2: not invited, -3: not known to be invited, the list is not whole yet. code 1
--       decided, 0 not open, -1 no such sale, -2 stale epoch, -3 stale level, -4 closed, -5 sold out,
--       -6 no waiting room, -7 the draw has been fixed
local saleKey = KEYS[1]
local sale, nowMs
--- @include integer clock life sale
local requestId, epoch, buckets = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

sale = readSale()
if not sale then return { requestId, -1 } end
local room = redis.call('HMGET', saleKey, 'buckets', 'leasedTo', 'invitations')
local known, leasedTo, invitations = tonumber(room[1]), tonumber(room[2]), room[3]
if sale.epoch ~= epoch then return { requestId, -2, known } end
if known ~= buckets then return { requestId, -3, known } end
if sale.method == 'none' then return { requestId, -6, known } end

-- Everything is read before anything is written: a bucket of another type ends the call here, so no
-- bucket is asked for its type. What stands there is an index, one that was given up (-1 - index), or an
-- invitation.
local found = {}
for i = 4, #ARGV do found[ARGV[i]] = redis.call('HGET', KEYS[i - 2], ARGV[i]) end

nowMs = saleNow()
local code = 1
if sale.state == 'scheduled' and nowMs < sale.waitingOpensAtMs then code = 0 end
if sale.method == 'lottery' and sale.preEntrants then code = -7 end
if sale.state == 'closed' or nowMs >= sale.closesAtMs then code = -4 end
if sale.state == 'sold_out' then code = -5 end

local reply, nextIndex = { requestId, code, known, 0 }, sale.entrants
for i = 4, #ARGV do
  local place = ARGV[i]
  local index = tonumber(found[place])
  if index and index >= 0 then
    reply[#reply + 1] = { index, 0 }
  elseif code == 1 and invitations and not found[place] then
    reply[#reply + 1] = { invitations == 'complete' and -2 or -3, 0 }
  elseif code ~= 1 or nextIndex >= leasedTo then
    reply[#reply + 1] = { -1, 0 }
  else
    redis.call('HSET', KEYS[i - 2], place, nextIndex)
    -- The same buyer may come again in this batch.
    found[place] = nextIndex
    reply[#reply + 1] = { nextIndex, 1 }
    nextIndex = nextIndex + 1
  end
end
if nextIndex > sale.entrants then redis.call('HSET', saleKey, 'entrants', nextIndex) end
reply[4] = nextIndex
return reply
