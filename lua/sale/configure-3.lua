#!lua
-- Changes fields of a sale that the operator may change while it lasts. The rows changed first.
--
-- KEYS  1 sale (hash)  2 stock (hash)  3 outbox (stream)
-- ARGV  1 requestId    echoed
--       2 revision     integer, of the rows that say so
--       then pairs of field and value: title, perMinute, waitingOpensAtMs, opensAtMs, closesAtMs
-- Reply {requestId, code, state}: 1 done, 0 the sale has ended, -1 no such sale, -4 a later revision was here before
-- Event sale.opened, sale.closed where that is due by the new times
local saleKey, stockKey, outboxKey = KEYS[1], KEYS[2], KEYS[3]
local sale, nowMs
--- @include integer types clock life sale stock outbox lifecycle
local requestId, revision = ARGV[1], tonumber(ARGV[2])

local wrong = checkTypes({ [saleKey] = 'hash', [stockKey] = 'hash', [outboxKey] = 'stream' })
if wrong then return wrong end
sale = readSale()
if not sale then return { requestId, -1, '' } end
if sale.state == 'closed' or sale.state == 'sold_out' then return { requestId, 0, sale.state } end
if revision < (tonumber(redis.call('HGET', saleKey, 'revision')) or 0) then return { requestId, -4, sale.state } end
redis.call('HSET', saleKey, 'revision', revision)
for i = 3, #ARGV, 2 do redis.call('HSET', saleKey, ARGV[i], ARGV[i + 1]) end
sale = readSale()
nowMs = saleNow()
advance()
return { requestId, 1, sale.state }
