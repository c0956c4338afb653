#!lua
-- Says what a sale sells: titles and prices anew, and SKUs that are new to it, of which it has no units yet. What
-- it sells already keeps its units.
--
-- KEYS  1 sale (hash)  2 stock (hash)  3 outbox (stream)
-- ARGV  1 requestId    echoed
--       2 items        JSON, all of them, as gateways read them
--       then a SKU an element: all of them
-- Reply {requestId, code}: 1 done, -1 no such sale
local saleKey, stockKey, outboxKey = KEYS[1], KEYS[2], KEYS[3]
local sale, nowMs
--- @include integer types clock life sale
local requestId, items = ARGV[1], ARGV[2]

local wrong = checkTypes({ [saleKey] = 'hash', [stockKey] = 'hash', [outboxKey] = 'stream' })
if wrong then return wrong end
sale = readSale()
if not sale then return { requestId, -1 } end
for i = 3, #ARGV do
  local sku = ARGV[i]
  if redis.call('HEXISTS', stockKey, sku .. ':units') == 0 then
    redis.call('HSET', stockKey, sku .. ':units', 0, sku .. ':available', 0, sku .. ':held', 0, sku .. ':paying', 0,
      sku .. ':sold', 0)
  end
end
redis.call('HSET', saleKey, 'items', items)
return { requestId, 1 }
