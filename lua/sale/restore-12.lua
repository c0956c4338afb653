#!lua
-- Writes reservations, and what their buyers have, into a sale that is being rebuilt. Whoever rebuilds is heard of
-- by it.
--
-- KEYS  includes/floor.lua
-- ARGV  1 requestId      echoed
--       2 builder        who began the rebuild
--       3 leaseUntilMs   integer, of the pins
--       then 13 an element: reservationId, state, buyerId, turn (integer, -1: none), items, deadlineMs (integer),
--       attemptId, untouched (1 or 0), extended (1 or 0), returns (JSON list of {returnId, items}),
--       attempts (paymentId,paymentId,…), buyerUnits (integer; '' where another is the buyer's latest),
--       quoteId ('': the sale's price)
-- Reply {requestId, code}: 1 written, -1 no such rebuild (any more)
--- @include floor
local failed = checkWhole(3) or checkElements(4, 13) or checkFloor()
if failed then return failed end
local requestId, builder, leaseUntilMs = ARGV[1], ARGV[2], tonumber(ARGV[3])
if redis.call('HGET', saleKey, 'builder') ~= builder then return { requestId, -1 } end
redis.call('HSET', saleKey, 'builderHeardAtMs', integer(wallClockMs()))

local function restore(id, state, buyerId, turn, items, deadlineMs, attemptId, untouched, extended, returns, attempts,
  buyerUnits, quoteId)
  local returned = returns ~= '[]' and cjson.decode(returns) or nil
  writeReservation(id, { state = state, buyerId = buyerId, turn = turn, items = items, deadlineMs = deadlineMs,
    attemptId = attemptId, untouched = untouched == '1', extendedBy = extended == '1' and 'before the rebuild' or nil,
    returns = returned, quoteId = quoteId ~= '' and quoteId or nil })
  if state == 'held' then redis.call('ZADD', deadlinesKey, deadlineMs, id) end
  if state == 'paying' then redis.call('ZADD', pinsKey, leaseUntilMs, id) end
  if turn >= 0 then redis.call('SETBIT', turnsKey, turn, 1) end
  for attempt in string.gmatch(attempts, '[^,]+') do redis.call('SADD', attemptsKey, attempt) end
  if buyerUnits ~= '' then writeBuyer(buyerId, { units = tonumber(buyerUnits), reservationId = id }) end
end

for i = 4, #ARGV, 13 do
  restore(ARGV[i], ARGV[i + 1], ARGV[i + 2], tonumber(ARGV[i + 3]), ARGV[i + 4], tonumber(ARGV[i + 5]), ARGV[i + 6],
    ARGV[i + 7], ARGV[i + 8], ARGV[i + 9], ARGV[i + 10], ARGV[i + 11], ARGV[i + 12])
end
return { requestId, 1 }
