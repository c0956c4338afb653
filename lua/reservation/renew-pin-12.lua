#!lua
-- Another lease for a pin whose payment is known to be under way.
--
-- KEYS  includes/floor.lua
-- ARGV  1 requestId      echoed
--       2 leaseMs        integer
--       3 reservationId
--       4 paymentId
-- Reply {requestId, renewed}: 1, or 0 where it is not paying by this payment, or -1 no such sale
--- @include floor
local failed = checkCount(4) or checkWhole(2) or enterFloor()
if failed then return failed end
local requestId, leaseMs, id, paymentId = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
if not sale then return { requestId, noSale } end
local reservation = readReservation(id)
if not reservation or reservation.state ~= 'paying' or reservation.attemptId ~= paymentId then
  return { requestId, 0 }
end
redis.call('ZADD', pinsKey, nowMs + leaseMs, id)
return { requestId, 1 }
