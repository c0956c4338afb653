#!lua
-- Gives places up for good. The index stays taken; joining again takes a new one at the end.
--
-- KEYS  1 sale (hash)  then one bucket (hash) an element
-- ARGV  1 requestId    echoed
--       2 buckets      integer, what the caller believes
--       then an element: place (12 bytes)
-- Reply {requestId, code, buckets, left…}: left 1 or 0 (there was no place).
--       code 1 decided, -1 no such sale, -3 stale level
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
local requestId, buckets = ARGV[1], tonumber(ARGV[2])

local expected = { [saleKey] = 'hash' }
for i = 2, #KEYS do expected[KEYS[i]] = 'hash' end
local wrong = checkTypes(expected)
if wrong then return wrong end

local known = tonumber(redis.call('HGET', saleKey, 'buckets'))
if not known then return { requestId, -1, 0 } end
if known ~= buckets then return { requestId, -3, known } end
local reply = { requestId, 1, known }
for i = 3, #ARGV do
  local index = tonumber(redis.call('HGET', KEYS[i - 1], ARGV[i]))
  local left = index and index >= 0
  if left then redis.call('HSET', KEYS[i - 1], ARGV[i], -1 - index) end
  reply[#reply + 1] = left and 1 or 0
end
return reply
