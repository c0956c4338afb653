#!lua
-- Lets a drawn sale open by its clock: its seeds are published, and turns that nobody has are marked. A repeat is
-- harmless.
--
-- KEYS  1 sale (hash)
-- ARGV  1 requestId    echoed
-- Reply {requestId, code}: 1 it may open, 0 its seeds are not published, -1 no such sale
local saleKey = KEYS[1]
--- @include types
local requestId = ARGV[1]

local wrong = checkTypes({ [saleKey] = 'hash' })
if wrong then return wrong end
local sale = redis.call('HMGET', saleKey, 'epoch', 'drawSeed')
if not sale[1] then return { requestId, -1 } end
if not sale[2] then return { requestId, 0 } end
redis.call('HSET', saleKey, 'isDrawReady', 1)
return { requestId, 1 }
