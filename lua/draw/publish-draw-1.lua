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
--- @include types
local requestId = ARGV[1]

local wrong = checkTypes({ [saleKey] = 'hash' })
if wrong then return wrong end
local sale = redis.call('HMGET', saleKey, 'epoch', 'preEntrants')
if not sale[1] then return { requestId, -1 } end
if not sale[2] then return { requestId, 0 } end
for i = 2, #ARGV, 2 do redis.call('HSETNX', saleKey, ARGV[i], ARGV[i + 1]) end
return { requestId, 1 }
