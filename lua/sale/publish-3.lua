#!lua
-- Creates a sale in Redis from its rows in Postgres. A sale that is there is left as it is.
--
-- KEYS  1 sale (hash)  2 stock (hash)  3 outbox (stream)
-- ARGV  1 requestId    echoed
--       2 epoch        integer
--       3 fieldCount   of the sale, then that many names and values
--       … then SKU and units (integer) of each item
-- Reply {requestId, 1} published · {requestId, 0, epoch} exists already
-- Event sale.created, and sale.waiting / sale.opened where that is due at once
local saleKey, stockKey, outboxKey = KEYS[1], KEYS[2], KEYS[3]
local sale, nowMs
--- @include integer types clock life sale stock outbox lifecycle
local requestId, epoch, fieldCount = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

local wrong = checkTypes({ [saleKey] = 'hash', [stockKey] = 'hash', [outboxKey] = 'stream' })
if wrong then return wrong end

sale = readSaleOfAnyLife()
if sale then return { requestId, 0, integer(sale.epoch) } end

for i = 4, 3 + fieldCount * 2, 2 do redis.call('HSET', saleKey, ARGV[i], ARGV[i + 1]) end
redis.call('HSET', saleKey, 'epoch', epoch, 'life', redisLife(), 'state', 'scheduled', 'serving', 0, 'entrants', 0,
  'missedBelow', 0, 'pausedTotalMs', 0)
for i = 4 + fieldCount * 2, #ARGV, 2 do
  local sku, units = ARGV[i], tonumber(ARGV[i + 1])
  redis.call('HSET', stockKey, sku .. ':units', units, sku .. ':available', units, sku .. ':held', 0,
    sku .. ':paying', 0, sku .. ':sold', 0)
end
sale = readSale()
nowMs = saleNow()
emitSale('sale.created')
advance()
return { requestId, 1 }
