#!lua
-- Takes out of a sale that has ended what nobody bought, once nobody holds or pays any more: from then on its units
-- are those that were sold. Whoever calls it moves them elsewhere in Postgres, by how many the rows have more.
--
-- KEYS  includes/floor.lua
-- ARGV  1 requestId    echoed
--       then a SKU an element: whose units go
-- Reply {requestId, code, {sku, units}…}: 1 gone, now or before, with the units that are left; 0 it has not ended,
--       or units are held or being paid; -1 no such sale
-- Event sale.units_adjusted
--- @include floor
local failed = enterFloor()
if failed then return failed end
local requestId = ARGV[1]
if not sale then return { requestId, noSale } end
local stock = readStock()
if sale.state ~= 'closed' and sale.state ~= 'sold_out' then return { requestId, 0 } end
if totalOf(stock, 'held') + totalOf(stock, 'paying') > 0 then return { requestId, 0 } end

local reply = { requestId, 1 }
for i = 2, #ARGV do
  local sku = ARGV[i]
  local counts = stock[sku]
  if counts then
    if counts.available > 0 then
      counts.units, counts.available = counts.units - counts.available, 0
      redis.call('HSET', stockKey, sku .. ':units', counts.units, sku .. ':available', 0)
      emitUnits(sku, counts.units)
    end
    reply[#reply + 1] = { sku, counts.units }
  end
end
return reply
