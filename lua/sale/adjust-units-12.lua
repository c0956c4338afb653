#!lua
-- Sets how many units of a SKU the sale has. More units wake whoever may now have a chance; fewer are
-- taken from what is available, never from what is held or sold. Setting the same number changes nothing.
--
-- KEYS  includes/floor.lua
-- ARGV  1 requestId    echoed
--       2 sku
--       3 units        integer, the number to be
--       4 revision     integer, of the rows that say so; absent where it is of none
-- Reply {requestId, code, units}: 1 done, 0 more are held or sold than would remain, -1 no such sale,
--       -2 the sale has ended, -3 no such SKU, -4 a later revision was here before; units as they are now
-- Event sale.units_adjusted; reservation.held for whoever stood by
--- @include floor
local failed = enterFloor()
if failed then return failed end
local requestId, sku, units, revision = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
if not sale then return { requestId, noSale, 0 } end
if revision and revision < (tonumber(redis.call('HGET', saleKey, 'revision')) or 0) then return { requestId, -4, 0 } end
local stock = readStock()
local counts = stock[sku]
if not counts then return { requestId, -3, 0 } end
if counts.units == units then return { requestId, 1, units } end
if sale.state == 'closed' or sale.state == 'sold_out' then return { requestId, -2, counts.units } end
local available = counts.available + units - counts.units
if available < 0 then return { requestId, 0, counts.units } end

counts.units, counts.available = units, available
redis.call('HSET', stockKey, sku .. ':units', units, sku .. ':available', available)
emitUnits(sku, units)
closeWhenSoldOut(stock)
handOver(stock)
return { requestId, 1, units }
