#!lua
-- Makes a rebuilt sale live, in one call: fields, stock, clock, and the first event of its new stream, whose
-- id follows the last one that was relayed. From here on gateways find the new epoch.
--
-- KEYS  includes/floor.lua
-- ARGV  1 requestId      echoed
--       2 builder        who began the rebuild
--       3 epoch          integer
--       4 position       stream id of the event
--       5 lastMs         integer: by the sale's clock it was this late already
--       6 vacant         from-to,from-to,…: indices that lost epochs may have issued and nobody is known to have
--       7 buckets        integer, of the waiting room, where none are left of an older copy
--       8 fieldCount     of the sale, then that many names and values
--       … itemCount      then sku, units, available, held, paying, sold of each
--       … then a reservationId an element: held by the rows, and without a unit any more (they expire)
-- Reply {requestId, code}: 1 live, -1 no such rebuild (any more)
-- Event sale.rebuilt; reservation.expired; sale.opened, sale.closed where that is due
--- @include floor vacant-turns
local failed = checkWhole(3, 5, 7, 8) or checkFloor()
if failed then return failed end
local requestId, builder, epoch, position = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local lastMs, vacant, fieldCount = tonumber(ARGV[5]), ARGV[6], tonumber(ARGV[8])
if redis.call('HGET', saleKey, 'builder') ~= builder then return { requestId, -1 } end

redis.call('HDEL', saleKey, 'builder', 'builderHeardAtMs')
redis.call('HSETNX', saleKey, 'buckets', ARGV[7])
for i = 9, 8 + fieldCount * 2, 2 do redis.call('HSET', saleKey, ARGV[i], ARGV[i + 1]) end
redis.call('HSET', saleKey, 'epoch', epoch, 'life', redisLife(), 'clockOffsetMs', 0, 'clockLastMs',
  integer(math.max(lastMs, wallClockMs())))
local at = 9 + fieldCount * 2
local itemCount = tonumber(ARGV[at])
for i = at + 1, at + itemCount * 6, 6 do
  local sku = ARGV[i]
  redis.call('HSET', stockKey, sku .. ':units', ARGV[i + 1], sku .. ':available', ARGV[i + 2], sku .. ':held', ARGV[i + 3],
    sku .. ':paying', ARGV[i + 4], sku .. ':sold', ARGV[i + 5])
end

sale = readSale()
nowMs = saleNow()
redis.call('HSET', saleKey, 'epochBeganAtMs', integer(nowMs))
-- What was in the old one is in the journal.
redis.call('UNLINK', outboxKey)
redis.call('XADD', outboxKey, position, 'type', 'sale.rebuilt', 'atMs', integer(nowMs), 'epoch', integer(epoch))
local passed = 0
if sale.method ~= 'none' then
  -- Where nobody came yet the bitmap is there nevertheless: losses.lua asks for it as soon as a unit is held.
  redis.call('SETBIT', turnsKey, sale.entrants, 0)
  local skipped = {}
  for from, to in string.gmatch(vacant, '(%d+)-(%d+)') do skipped[#skipped + 1] = { tonumber(from), tonumber(to) } end
  passed = -usedTurns(sale.missedBelow, sale.serving)
  vacate(skipped)
  passed = passed + usedTurns(sale.missedBelow, sale.serving)
end
if sale.state == 'paused' then
  sale.pausedAtMs = nowMs
  redis.call('HSET', saleKey, 'pausedAtMs', integer(nowMs))
end
-- Whoever was called and did not come yet has the whole window again.
if sale.serving > sale.missedBelow then
  addCall({ serving = sale.serving, passed = passed, givenUp = 0, atMs = claimClockMs() })
end
local stock = readStock()
for i = at + itemCount * 6 + 1, #ARGV do returnUnits(stock, ARGV[i], readReservation(ARGV[i]), 'held', 'expired') end
advance()
return { requestId, 1 }
