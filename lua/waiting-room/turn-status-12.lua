#!lua
-- What a buyer's turn is worth at this moment. Asking is a sign of life for whoever stands by.
--
-- KEYS  includes/floor.lua
-- ARGV  1 batchId        echoed
--       then 2 an element: buyerId, turn (integer; -1: not drawn yet)
-- Reply {batchId, code, serving, {claimByMs, standbyRank, reservationId, reservationState,
--        items, deadlineMs, reservationTurn, isTurnedAway}…}; code 1, -1 no such sale; absent values are '' or -1.
--        isTurnedAway 1 where what they stood by for with this turn is gone, else 0
-- Event reservation.extended on a touch
--- @include floor
local failed = enterFloor()
if failed then return failed end
local batchId = ARGV[1]
if not sale then return { batchId, noSale } end
local stock = readStock()

local function turnStatus(buyerId, turn)
  local buyer = readBuyer(buyerId)
  local latest = buyer.reservationId and readReservation(buyer.reservationId)
  local answer = { -1, -1, '', '', '', '', -1, 0 }
  local request = standByRequest(buyerId)
  if request then
    writeStandby(request)
    answer[2] = redis.call('ZRANK', standbyKey, buyerId) or -1
  elseif isTurnedAway(stock, buyerId, turn) then
    answer[8] = 1
  end
  if turn >= 0 and turn < sale.serving then
    local byMs = claimByMs(turn)
    if byMs and redis.call('GETBIT', turnsKey, turn) == 0 then answer[1] = integer(byMs) end
  end
  if latest then
    local state = isLapsed(latest) and 'expired' or latest.state
    if state == 'held' then touch(buyer.reservationId, latest) end
    answer[3], answer[4], answer[5] = buyer.reservationId, state, latest.items
    answer[6], answer[7] = integer(latest.deadlineMs), latest.turn
  end
  return answer
end

local reply = { batchId, 1, sale.serving }
for i = 2, #ARGV, 2 do reply[#reply + 1] = turnStatus(ARGV[i], tonumber(ARGV[i + 1])) end
return reply
