#!lua
-- Gives places up for good. The index stays taken; joining again takes a new one at the end.
--
-- KEYS  1 sale (hash)  2 outbox (stream)  then one bucket (hash) an element
-- ARGV  1 requestId    echoed
--       2 buckets      integer, what the caller believes
--       3 places       12 bytes an element
--       4 placesText   the same in base64, 16 characters an element
-- Reply {requestId, code, buckets, left…}: left 1 or 0 (there was no place).
--       code 1 decided, -1 no such sale, -3 stale level
-- Event whatever places were given up: places.given_up
local saleKey, outboxKey = KEYS[1], KEYS[2]
local sale, nowMs
--- @include integer types clock life sale outbox
local requestId, buckets, places, placesText = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
local placeBytes, placeCharacters, elements = 12, 16, #KEYS - 2

if #ARGV ~= 4 or #places ~= placeBytes * elements or #placesText ~= placeCharacters * elements then
  return redis.error_reply('ERR ' .. elements .. ' buckets and ' .. #(places or '') .. ' bytes of places')
end
local expected = { [saleKey] = 'hash', [outboxKey] = 'stream' }
for i = 3, #KEYS do expected[KEYS[i]] = 'hash' end
local wrong, absent = checkTypes(expected)
if wrong then return wrong end

sale = readSale()
if not sale then return { requestId, -1, 0 } end
local known = tonumber(redis.call('HGET', saleKey, 'buckets'))
if known ~= buckets then return { requestId, -3, known } end
if absent[outboxKey] then return redis.error_reply('LOST ' .. outboxKey .. ' is missing') end
local reply = { requestId, 1, known }
local leavers = {}
for i = 1, elements do
  local bucket, place = KEYS[i + 2], string.sub(places, placeBytes * (i - 1) + 1, placeBytes * i)
  local index = tonumber(redis.call('HGET', bucket, place))
  local left = index and index >= 0
  if left then
    redis.call('HSET', bucket, place, -1 - index)
    leavers[#leavers + 1] = string.sub(placesText, placeCharacters * (i - 1) + 1, placeCharacters * i)
  end
  reply[#reply + 1] = left and 1 or 0
end
if #leavers > 0 then
  nowMs = saleNow()
  emitPlaces('places.given_up', table.concat(leavers))
end
return reply
