#!lua
-- Splits the next buckets of the waiting room (linear hashing), so that each stays small and packed.
--
-- KEYS  1 sale (hash)  then, for each new bucket, the bucket it splits from and itself (hashes)
-- ARGV  1 requestId    echoed
--       2 buckets      integer, what the caller believes
-- Reply {requestId, buckets}: the count now; when it differs from belief + new buckets, nothing was done
local saleKey = KEYS[1]
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
-- The bucket of a place among `buckets`, by linear hashing: the low 32 bits, cut to the larger
-- power of two, or to the smaller one where that bucket does not exist yet.
-- The same function is written in engine/waiting-room/places.ts; a test compares them.
local function bucketOf(place, buckets)
  local b1, b2, b3, b4 = string.byte(place, 1, 4)
  local low = b1 + b2 * 256 + b3 * 65536 + b4 * 16777216
  local size = 1
  while size < buckets do size = size * 2 end
  local bucket = low % size
  if bucket >= buckets then bucket = low % (size / 2) end
  return bucket
end
local requestId, buckets = ARGV[1], tonumber(ARGV[2])

local expected = {}
for i = 1, #KEYS do expected[KEYS[i]] = 'hash' end
local wrong = checkTypes(expected)
if wrong then return wrong end

local known = tonumber(redis.call('HGET', saleKey, 'buckets'))
if known ~= buckets then return { requestId, known or 0 } end
for i = 2, #KEYS, 2 do
  local source, target = KEYS[i], KEYS[i + 1]
  local entries = redis.call('HGETALL', source)
  for e = 1, #entries, 2 do
    if bucketOf(entries[e], buckets + 1) == buckets then
      redis.call('HSET', target, entries[e], entries[e + 1])
      redis.call('HDEL', source, entries[e])
    end
  end
  buckets = buckets + 1
end
redis.call('HSET', saleKey, 'buckets', buckets)
return { requestId, buckets }
