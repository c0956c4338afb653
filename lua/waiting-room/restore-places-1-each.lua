#!lua
-- Writes places into a sale that is being rebuilt, in the order in which the journal has them: what is said of a
-- buyer later counts. Whoever rebuilds is heard of by it.
--
-- KEYS  1 sale (hash)  then one bucket (hash) an element
-- ARGV  1 requestId    echoed
--       2 builder      who began the rebuild
--       3 buckets      integer, what the caller believes; so many there are where nobody knows it any more
--       4 firstIndex   integer, of the first element, the others follow it; -1: these places were given up
--       5 places       12 bytes an element
-- Reply {requestId, code, buckets}: code 1 written, -1 no such rebuild (any more), -3 stale level
local saleKey = KEYS[1]
--- @include integer types clock
local requestId, builder, buckets = ARGV[1], ARGV[2], tonumber(ARGV[3])
local firstIndex, places = tonumber(ARGV[4]), ARGV[5]
local placeBytes, elements = 12, #KEYS - 1

if #ARGV ~= 5 or #places ~= placeBytes * elements then
  return redis.error_reply('ERR ' .. elements .. ' buckets and ' .. #(places or '') .. ' bytes of places')
end
local expected = { [saleKey] = 'hash' }
for i = 2, #KEYS do expected[KEYS[i]] = 'hash' end
local wrong = checkTypes(expected)
if wrong then return wrong end
if redis.call('HGET', saleKey, 'builder') ~= builder then return { requestId, -1, 0 } end
redis.call('HSETNX', saleKey, 'buckets', buckets)
local known = tonumber(redis.call('HGET', saleKey, 'buckets'))
if known ~= buckets then return { requestId, -3, known } end

for i = 1, elements do
  local bucket, place = KEYS[i + 1], string.sub(places, placeBytes * (i - 1) + 1, placeBytes * i)
  if firstIndex >= 0 then
    redis.call('HSET', bucket, place, integer(firstIndex + i - 1))
  else
    local index = tonumber(redis.call('HGET', bucket, place))
    if index and index >= 0 then redis.call('HSET', bucket, place, integer(-1 - index)) end
  end
end
redis.call('HSET', saleKey, 'builderHeardAtMs', integer(wallClockMs()))
return { requestId, 1, known }
