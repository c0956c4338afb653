#!lua
-- Writes what each of some buckets holds into a sale that is being rebuilt, over whatever an older copy has there of
-- the same buyers. Whoever rebuilds is heard of by it.
--
-- KEYS  1 sale (hash)  then one bucket (hash) an element
-- ARGV  1 requestId    echoed
--       2 builder      who began the rebuild
--       3 buckets      integer, how many there are; so many there will be where nobody knows it any more
--       then 2 an element: places (12 bytes each, 1,000 at most), and as one text with blanks between them the index
--       of each, -1 - index where it was given up
-- Reply {requestId, code, buckets}: code 1 written, -1 no such rebuild (any more), -3 there are more or fewer
local saleKey = KEYS[1]
--- @include integer types clock
local requestId, builder, buckets = ARGV[1], ARGV[2], tonumber(ARGV[3])
local placeBytes, elements = 12, #KEYS - 1

if #ARGV ~= 3 + 2 * elements then
  return redis.error_reply('ERR ' .. elements .. ' buckets and ' .. #ARGV .. ' arguments')
end
local wrong = checkTypes({ [saleKey] = 'hash' })
if wrong then return wrong end
if redis.call('HGET', saleKey, 'builder') ~= builder then return { requestId, -1, 0 } end
redis.call('HSET', saleKey, 'builderHeardAtMs', integer(wallClockMs()))
redis.call('HSETNX', saleKey, 'buckets', buckets)
local known = tonumber(redis.call('HGET', saleKey, 'buckets'))
if known ~= buckets then return { requestId, -3, known } end

for i = 1, elements do
  local places, entries = ARGV[2 + 2 * i], {}
  for index in string.gmatch(ARGV[3 + 2 * i], '%S+') do
    local from = #entries / 2 * placeBytes
    entries[#entries + 1] = string.sub(places, from + 1, from + placeBytes)
    entries[#entries + 1] = index
  end
  -- What is no bucket at all is in the way.
  if redis.call('TYPE', KEYS[i + 1]).ok ~= 'hash' then redis.call('UNLINK', KEYS[i + 1]) end
  redis.call('HSET', KEYS[i + 1], unpack(entries))
end
return { requestId, 1, known }
