#!lua
-- Pins whose lease has lapsed, oldest first. They stay pinned: only the fence in Postgres decides.
--
-- KEYS  includes/floor.lua
-- ARGV  1 requestId      echoed
--       2 limit          integer
-- Reply {requestId, code, {reservationId, paymentId, buyerId, leaseUntilMs}…}; code 1, -1 no such sale
--- @include floor
local failed = checkCount(2) or checkWhole(2) or enterFloor()
if failed then return failed end
local requestId, limit = ARGV[1], tonumber(ARGV[2])
if not sale then return { requestId, noSale } end

local reply = { requestId, 1 }
local lapsed = redis.call('ZRANGEBYSCORE', pinsKey, '-inf', nowMs, 'WITHSCORES', 'LIMIT', 0, limit)
for i = 1, #lapsed, 2 do
  local reservation = readReservation(lapsed[i])
  reply[#reply + 1] = { lapsed[i], reservation.attemptId, reservation.buyerId, lapsed[i + 1] }
end
return reply
