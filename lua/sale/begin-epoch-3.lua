#!lua
-- Begins another epoch of a sale that survived a restart of Redis: its clock is the wall clock again
-- (never earlier than it was), and whoever believes in the old epoch is refused from now on.
--
-- KEYS  1 sale (hash)  2 stock (hash)  3 outbox (stream)
-- ARGV  1 requestId    echoed
--       2 epoch        integer; an epoch that is not later than the present one changes nothing
-- Reply {requestId, code, epoch}: 1 begun, 0 the present epoch is as late, -1 no such sale
local saleKey, stockKey, outboxKey = KEYS[1], KEYS[2], KEYS[3]
local sale, nowMs
--- @include integer types clock sale stock outbox lifecycle
local requestId, epoch = ARGV[1], tonumber(ARGV[2])

local wrong = checkTypes({ [saleKey] = 'hash', [stockKey] = 'hash', [outboxKey] = 'stream' })
if wrong then return wrong end
sale = readSale()
if not sale then return { requestId, -1, '0' } end
if epoch <= sale.epoch then return { requestId, 0, integer(sale.epoch) } end

local lastMs = tonumber(redis.call('HGET', saleKey, 'clockLastMs'))
redis.call('HSET', saleKey, 'epoch', epoch)
sale.epoch = epoch
local wallMs = wallClockMs()
redis.call('HSET', saleKey, 'clockOffsetMs', 0, 'clockLastMs', math.max(lastMs, wallMs))
nowMs = saleNow()
advance()
return { requestId, 1, integer(epoch) }
