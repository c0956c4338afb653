#!lua
-- The operator's hand on a sale: open, pause, resume, close. Repeating a command is harmless.
--
-- KEYS  1 sale (hash)  2 stock (hash)  3 outbox (stream)
-- ARGV  1 requestId    echoed
--       2 command      open | pause | resume | close
-- Reply {requestId, code, state}: 1 done (a drawn sale opens as soon as it is drawn), 0 the present state does not allow it, -1 no such sale
-- Event sale.opened, sale.paused, sale.resumed, sale.closed
local saleKey, stockKey, outboxKey = KEYS[1], KEYS[2], KEYS[3]
local sale, nowMs
--- @include integer types clock life sale stock outbox lifecycle
local requestId, command = ARGV[1], ARGV[2]
local done, refused, noSale = 1, 0, -1

local wrong = checkTypes({ [saleKey] = 'hash', [stockKey] = 'hash', [outboxKey] = 'stream' })
if wrong then return wrong end
sale = readSale()
if not sale then return { requestId, noSale, '' } end
nowMs = saleNow()
advance()

local state = sale.state
if command == 'open' and (state == 'scheduled' or state == 'waiting') then
  redis.call('HSET', saleKey, 'opensAtMs', nowMs, 'waitingOpensAtMs', math.min(nowMs, sale.waitingOpensAtMs))
  sale.opensAtMs, sale.waitingOpensAtMs = nowMs, math.min(nowMs, sale.waitingOpensAtMs)
  -- A drawn sale still waits for its draw, which is due from now on.
  advance()
elseif command == 'pause' and state == 'open' then
  redis.call('HSET', saleKey, 'pausedAtMs', nowMs)
  enter('paused', 'sale.paused')
elseif command == 'resume' and state == 'paused' then
  redis.call('HSET', saleKey, 'pausedTotalMs', sale.pausedTotalMs + nowMs - sale.pausedAtMs)
  enter('open', 'sale.resumed')
elseif command == 'close' and state ~= 'closed' and state ~= 'sold_out' then
  redis.call('HSET', saleKey, 'closesAtMs', math.min(nowMs, sale.closesAtMs))
  enter('closed', 'sale.closed')
elseif not ((command == 'open' and state == 'open') or (command == 'pause' and state == 'paused')
  or (command == 'resume' and state == 'open') or (command == 'close' and state == 'closed')) then
  return { requestId, refused, state }
end
return { requestId, done, sale.state }
