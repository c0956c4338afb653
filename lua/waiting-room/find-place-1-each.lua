#!lua flags=no-writes
-- Which index each buyer has.
--
-- KEYS  1 sale (hash)  then one bucket (hash) an element
-- ARGV  1 requestId    echoed
--       2 buckets      integer, what the caller believes
--       then an element: place (12 bytes)
-- Reply {requestId, code, buckets, index…}: index -1: no place (or given up).
--       code 1 read, -1 no such sale, -3 stale level
local saleKey = KEYS[1]
local requestId, buckets = ARGV[1], tonumber(ARGV[2])

-- Without its epoch a sale is being rebuilt: not everybody has their place again.
local room = redis.call('HMGET', saleKey, 'buckets', 'epoch')
local known = tonumber(room[1])
if not known or not room[2] then return { requestId, -1, 0 } end
if known ~= buckets then return { requestId, -3, known } end
local reply = { requestId, 1, known }
for i = 3, #ARGV do
  local index = tonumber(redis.call('HGET', KEYS[i - 1], ARGV[i])) or -1
  reply[#reply + 1] = math.max(index, -1)
end
return reply
