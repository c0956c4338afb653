#!lua
-- Fixes who takes part in the draw: everybody who has a place at this moment. Once fixed it stays.
-- In a lottery nobody joins after it; in a queue those who come later are served after the drawn ones.
--
-- KEYS  1 sale (hash)
-- ARGV  1 requestId    echoed
-- Reply {requestId, code, preEntrants, frozenAtMs}: 1 frozen, now or before; 0 the sale has opened or
--       ended without a draw; 2 a moment ago Redis was lost, and gateways are giving it the places that were
--       lost with it; -1 no such sale
local saleKey = KEYS[1]
local sale, nowMs
--- @include integer types clock life sale
local requestId = ARGV[1]
-- A gateway looks at a sale that gathers entrants several times a second.
local returnMs = 3000

local wrong = checkTypes({ [saleKey] = 'hash' })
if wrong then return wrong end
sale = readSale()
if not sale then return { requestId, -1, 0, '0' } end
local frozen = redis.call('HMGET', saleKey, 'preEntrants', 'frozenAtMs', 'epochBeganAtMs')
if frozen[1] then return { requestId, 1, tonumber(frozen[1]), frozen[2] } end
if sale.state ~= 'scheduled' and sale.state ~= 'waiting' then return { requestId, 0, 0, '0' } end
nowMs = saleNow()
if nowMs < (tonumber(frozen[3]) or 0) + returnMs then return { requestId, 2, 0, '0' } end
redis.call('HSET', saleKey, 'preEntrants', sale.entrants, 'frozenAtMs', integer(nowMs))
return { requestId, 1, sale.entrants, integer(nowMs) }
