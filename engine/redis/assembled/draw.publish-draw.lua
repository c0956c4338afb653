#!lua
-- Brings into Redis what Postgres has committed about the draw: the entrants' root, and, when the beacon
-- is known or none was named, the seeds. From then on a place is given up together with its turn; the sale opens by
-- its clock once it is let (draw/let-open-1.lua). A repeat is harmless.
--
-- KEYS  1 sale (hash)
-- ARGV  1 requestId    echoed
--       then pairs of field and value: entrantsRoot, seed, drawSeed, beaconValue; isDrawReady 0 with the seeds
-- Reply {requestId, code}: 1 published, 0 not frozen yet, -1 no such sale
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
local sale = redis.call('HMGET', saleKey, 'epoch', 'preEntrants')
if not sale[1] then return { requestId, -1 } end
if not sale[2] then return { requestId, 0 } end
for i = 2, #ARGV, 2 do redis.call('HSETNX', saleKey, ARGV[i], ARGV[i + 1]) end
return { requestId, 1 }
