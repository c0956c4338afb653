#!lua
-- Makes a hold last longer, once, where the sale allows it. Extending is a touch, too. What state the sale
-- itself is in does not matter: a live hold may be paid until it ends.
--
-- KEYS  includes/floor.lua
-- ARGV  1 batchId        echoed
--       then 3 an element: reservationId, buyerId, requestId (names the one extension: a repeat of that
--       request gets its first answer, whatever happened since)
-- Reply {batchId, code, answer…}; code 1 decided, -1 no such sale. An answer is
--       {1, items, deadlineMs} extended, now or before by this request; a live hold before a rebuild by any
--       {2} the sale allows none, or it was used   {3} being paid   {4} paid already   {5} ended
--       {0} not this buyer's
-- Event reservation.extended; reservation.expired where the deadline had passed
--- @include floor
local extended, notAllowed, paying, paid, ended, notFound = 1, 2, 3, 4, 5, 0

local failed = checkElements(2, 3) or enterFloor()
if failed then return failed end
local batchId = ARGV[1]
if not sale then return { batchId, noSale } end
local stock = readStock()
-- No other script asks for it.
local extendMs = tonumber(redis.call('HGET', saleKey, 'extendMs') or 0)

local function extend(id, buyerId, requestId)
  local reservation = readReservation(id)
  if not reservation or reservation.buyerId ~= buyerId then return { notFound } end
  if reservation.extendedBy == requestId then
    return { extended, reservation.items, integer(reservation.deadlineMs) }
  end
  if isLapsed(reservation) then returnUnits(stock, id, reservation, 'held', 'expired') end
  if reservation.state == 'paying' then return { paying } end
  if reservation.state == 'confirmed' then return { paid } end
  if reservation.state ~= 'held' then return { ended } end
  -- By which request is not journaled, so it may have been this one, repeated because Redis was lost with its answer.
  if reservation.extendedBy == 'before the rebuild' then
    return { extended, reservation.items, integer(reservation.deadlineMs) }
  end
  if extendMs == 0 or reservation.extendedBy then return { notAllowed } end
  touch(id, reservation)

  reservation.deadlineMs = reservation.deadlineMs + extendMs
  reservation.extendedBy = requestId
  writeReservation(id, reservation)
  redis.call('ZADD', deadlinesKey, reservation.deadlineMs, id)
  emitReservation('reservation.extended', id, reservation)
  return { extended, reservation.items, integer(reservation.deadlineMs) }
end

local reply = { batchId, 1 }
for i = 2, #ARGV, 3 do reply[#reply + 1] = extend(ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
handOver(stock)
return reply
