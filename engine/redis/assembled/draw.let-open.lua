#!lua
-- Lets a drawn sale open by its clock: its seeds are published, and turns that nobody has are marked. A repeat is
-- harmless.
--
-- KEYS  1 sale (hash)
-- ARGV  1 requestId    echoed
-- Reply {requestId, code}: 1 it may open, 0 its seeds are not published, -1 no such sale
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
local requestId = ARGV[1]

local wrong = checkTypes({ [saleKey] = 'hash' })
if wrong then return wrong end
local sale = redis.call('HMGET', saleKey, 'epoch', 'drawSeed')
if not sale[1] then return { requestId, -1 } end
if not sale[2] then return { requestId, 0 } end
redis.call('HSET', saleKey, 'isDrawReady', 1)
return { requestId, 1 }
