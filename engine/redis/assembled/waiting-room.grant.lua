#!lua
-- Adds a block of indices that was leased in Postgres first, so none is ever issued twice.
-- Only the block that follows the present lease is taken; a repeat changes nothing.
--
-- KEYS  1 sale (hash)
-- ARGV  1 requestId    echoed
--       2 from         integer, first index of the block
--       3 to           integer, first index after it
-- Reply {requestId, granted, leasedTo, next}: granted 1 or 0, or -1 no such sale
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
local requestId, from, to = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

local wrong = checkTypes({ [saleKey] = 'hash' })
if wrong then return wrong end
local room = redis.call('HMGET', saleKey, 'leasedTo', 'entrants')
local leasedTo, entrants = tonumber(room[1]), tonumber(room[2])
if not leasedTo then return { requestId, -1, 0, 0 } end
local granted = from == leasedTo and to > from
if granted then
  leasedTo = to
  redis.call('HSET', saleKey, 'leasedTo', leasedTo)
end
return { requestId, granted and 1 or 0, leasedTo, entrants }
