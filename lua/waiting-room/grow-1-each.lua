#!lua
-- Splits the next buckets of the waiting room (linear hashing), so that each stays small and packed.
--
-- KEYS  1 sale (hash)  then, for each new bucket, the bucket it splits from and itself (hashes)
-- ARGV  1 requestId    echoed
--       2 buckets      integer, what the caller believes
-- Reply {requestId, buckets}: the count now; when it differs from belief + new buckets, nothing was done
local saleKey = KEYS[1]
--- @include types places
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
