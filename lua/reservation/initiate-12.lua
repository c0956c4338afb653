#!lua
-- Holds what buyers check out from general stock: all of a cart, or nothing of it. Whatever a buyer held before
-- goes back in the same call, so nobody holds two carts, and nobody loses one for another that is not to be had.
-- A cart that was read before something in it may have been bought is not held.
-- For a sale without a waiting room in which nobody stands by: there is no turn, and no limit a buyer.
--
-- KEYS  includes/floor.lua
-- ARGV  1 batchId        echoed
--       2 epoch          integer, what the caller believes
--       then 5 an element:
--         reservationId  names the request, and the reservation if one is made: a repeat of a request that
--                        made one gets its first answer, whatever happened since
--         buyerId
--         items          sku:quantity,… sorted by SKU
--         quoteId        the price that a reservation is paid at if one is made; committed in Postgres before
--         seen           what latest answered of this buyer before the cart was read
-- Reply {batchId, code, answer…}; code 1 decided, -1 no such sale, -2 stale epoch. An answer is one of
--       {1, reservationId, deadlineMs}  held now
--       {2, reservationId, deadlineMs}  what this buyer holds already, as it is
--       {3, reservationId}              what this buyer holds is being paid
--       {4, sku, units}                 no more than so many could be had; what was held before still is
--       {5} not open   {6, sku} unknown   {7} malformed
--       {8, seen}                       another one is seen by now: the cart may be older than what was bought
-- Event reservation.held; reservation.released for what was held before, or reservation.expired where it had lapsed
--- @include floor latest
local held, again, paying, short, notOpen, unknownSku, malformed, outdated = 1, 2, 3, 4, 5, 6, 7, 8

local failed = checkWhole(2) or checkElements(3, 5) or enterFloor()
if failed then return failed end
local batchId, epoch = ARGV[1], tonumber(ARGV[2])
if not sale then return { batchId, noSale } end
if sale.epoch ~= epoch then return { batchId, staleEpoch, integer(sale.epoch) } end

local stock = readStock()

-- The first SKU of which too little is available, and how many there are, once `own` has come back.
local function shortOf(items, own)
  local returning = {}
  for _, item in ipairs(own and parseItems(own.items) or {}) do returning[item.sku] = item.quantity end
  for _, item in ipairs(items) do
    local units = stock[item.sku].available + (returning[item.sku] or 0)
    if units < item.quantity then return item.sku, units end
  end
  return nil
end

local function initiate(request)
  local items = parseItems(request.items)
  if not items or sale.method ~= 'none' then return { malformed } end
  for _, item in ipairs(items) do
    if not stock[item.sku] then return { unknownSku, item.sku } end
  end
  local made = readReservation(request.reservationId)
  if made and made.buyerId ~= request.buyerId then return { malformed } end
  if made then return { held, request.reservationId, integer(made.deadlineMs) } end

  local latestId = readBuyer(request.buyerId).reservationId
  local latest = latestId and readReservation(latestId)
  if latest and isLapsed(latest) then returnUnits(stock, latestId, latest, 'held', 'expired') end
  if latest and latest.state == 'paying' then return { paying, latestId } end
  local own = latest and latest.state == 'held' and latest or nil
  if own and own.items == request.items then return { again, latestId, integer(own.deadlineMs) } end

  local seen = seenOf(request.buyerId)
  if seen ~= request.seen then return { outdated, seen } end
  if sale.state ~= 'open' then return { notOpen } end
  local sku, units = shortOf(items, own)
  if sku then return { short, sku, units } end
  if own then returnUnits(stock, latestId, own, 'held', 'released') end
  local reservation = hold(stock, request.reservationId, request, readBuyer(request.buyerId), sale.holdMs, false)
  return { held, request.reservationId, integer(reservation.deadlineMs) }
end

local reply = { batchId, 1 }
for i = 3, #ARGV, 5 do
  reply[#reply + 1] = initiate({ reservationId = ARGV[i], buyerId = ARGV[i + 1], turn = -1, items = ARGV[i + 2],
    quoteId = ARGV[i + 3], seen = ARGV[i + 4] })
end
return reply
