#!lua
-- Sold units of confirmed reservations come back into the sale, to the next on standby before anybody else.
-- Postgres has committed each return, and lowered its guard, before: the units are on offer here only once
-- the guard lets them be paid again.
--
-- KEYS  includes/floor.lua
-- ARGV  1 batchId        echoed
--       then 3 an element: reservationId, returnId (a repeat of that return gets its first answer, whatever
--       happened since), items sku:quantity,… sorted by SKU
-- Reply {batchId, code, answer…}; code 1 decided, -1 no such sale. An answer is
--       {1, items} restocked, now or before by this return
--       {2, items} the reservation has no more than these sold ('' for none)
--       {3} the sale has ended: what comes back belongs to general stock
--       {4, state} it is not sold   {5} malformed   {0} no such reservation
-- Event reservation.restocked; reservation.held for whoever stood by
--- @include floor
local restocked, exceeds, ended, notSold, malformed, notFound = 1, 2, 3, 4, 5, 0

local failed = checkElements(2, 3) or enterFloor()
if failed then return failed end
local batchId = ARGV[1]
if not sale then return { batchId, noSale } end
local stock = readStock()

local function restock(id, returnId, text)
  local items = parseItems(text)
  if not items or returnId == '' then return { malformed } end
  local reservation = readReservation(id)
  if not reservation then return { notFound } end
  for _, earlier in ipairs(reservation.returns or {}) do
    if earlier[1] == returnId then return { restocked, earlier[2] } end
  end
  if reservation.state ~= 'confirmed' then return { notSold, reservation.state } end
  local sold = soldOf(reservation)
  for _, item in ipairs(items) do
    if (sold[item.sku] or 0) < item.quantity then return { exceeds, soldItems(reservation) } end
  end
  if sale.state == 'closed' or sale.state == 'sold_out' then return { ended } end

  moveUnits(stock, items, 'sold', 'available')
  reservation.returns = reservation.returns or {}
  table.insert(reservation.returns, { returnId, text })
  writeReservation(id, reservation)
  local buyer = readBuyer(reservation.buyerId)
  buyer.units = buyer.units - unitsOf(items)
  writeBuyer(reservation.buyerId, buyer)
  emitReservation('reservation.restocked', id, reservation, { returnId = returnId, items = text })
  return { restocked, text }
end

local reply = { batchId, 1 }
for i = 2, #ARGV, 3 do reply[#reply + 1] = restock(ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
handOver(stock)
return reply
