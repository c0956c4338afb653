-- A turn whose place was given up is used: nobody reserves with it, callTurns passes over it, and whoever stood by with
-- it does not any more.
-- Expects the floor.
local function giveUpTurn(stock, buyerId, turn)
  local standing = standByRequest(buyerId)
  if standing and standing.turn == turn then leaveStandby(stock, standing) end
  noteSpent(turn)
  if redis.call('SETBIT', turnsKey, turn, 1) == 0 then
    noteGivenUp(turn)
    return
  end
  -- Whose hold lapses or is released may ask again with the turn of it; not once it was given up.
  local buyer = readBuyer(buyerId)
  local latest = buyer.reservationId and readReservation(buyer.reservationId)
  if latest and latest.turn == turn then
    buyer.gaveUp = true
    writeBuyer(buyerId, buyer)
  end
end
