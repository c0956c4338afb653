#!lua
-- Begins another epoch of a sale that survived a restart of Redis: its clock is the wall clock again (never
-- earlier than it was), and whoever believes in the old epoch is refused from now on. Places that were taken
-- last may be lost although everything that was relayed is there: indices go on with a block that was never
-- issued from. Invitations that were told last may be lost as well: the whole list is to be told again, and until
-- then nobody is turned away for good. Holds may have lapsed meanwhile; claim windows and signs of life last as
-- long as they did, because nobody could come.
--
-- KEYS  includes/floor.lua
-- ARGV  1 requestId    echoed
--       2 epoch        integer; one that is not later than the present one of this life changes nothing
--       3 from         integer, first index of the block
--       4 to           integer, first index after it
--       5 life         the life of Redis that was looked at before; another one may have lost what that one had
-- Reply {requestId, code, epoch}: 1 begun, 0 the present epoch is as late, -1 no such sale, -3 another life
-- Event sale.opened, sale.closed where that is due
--- @include floor vacant-turns
local failed = checkCount(5) or checkWhole(2, 3, 4) or checkFloor()
if failed then return failed end
local requestId, epoch, from, to, seenLife = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
sale = readSaleOfAnyLife()
if not sale then return { requestId, -1, '0' } end
local life = redisLife()
if life ~= seenLife then return { requestId, -3, integer(sale.epoch) } end
if epoch < sale.epoch or (epoch == sale.epoch and sale.life == life) then
  return { requestId, 0, integer(sale.epoch) }
end

local lastMs = tonumber(redis.call('HGET', saleKey, 'clockLastMs'))
if from > sale.entrants then
  vacate({ { sale.entrants, from } })
  sale.entrants = from
end
redis.call('HSET', saleKey, 'epoch', epoch, 'life', life, 'entrants', sale.entrants, 'leasedTo', to,
  'clockOffsetMs', 0, 'clockLastMs', math.max(lastMs, wallClockMs()))
if redis.call('HEXISTS', saleKey, 'invitations') == 1 then redis.call('HSET', saleKey, 'invitations', 'pending') end
sale.epoch = epoch
nowMs = saleNow()
-- During a pause the claim clock stands still as it is.
if sale.state ~= 'paused' then
  sale.pausedTotalMs = sale.pausedTotalMs + nowMs - lastMs
  redis.call('HSET', saleKey, 'pausedTotalMs', integer(sale.pausedTotalMs))
end
redis.call('HSET', saleKey, 'epochBeganAtMs', integer(nowMs))
advance()
return { requestId, 1, integer(epoch) }
