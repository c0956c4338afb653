-- What a buyer's latest reservation tells of a cart: one that was read after this was seen has in it nothing that
-- was bought, for as long as the same is seen.
-- Expects: the includes buyers, reservations.
local function seenOf(buyerId)
  local id = readBuyer(buyerId).reservationId
  local latest = id and readReservation(id)
  if not latest then return '' end
  return id .. (latest.state == 'confirmed' and ':confirmed' or '')
end
