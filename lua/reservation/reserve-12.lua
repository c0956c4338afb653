#!lua
-- Decides, in order of arrival, who of a batch gets units. All items of a request, or none.
--
-- KEYS  includes/floor.lua
-- ARGV  1 batchId        echoed
--       2 epoch          integer, what the caller believes
--       then 4 an element:
--         reservationId  names the request, and the reservation if one is made: a repeat of a request that
--                        made one gets its first answer, whatever happened since
--         buyerId
--         turn           integer; -1 in a sale without a waiting room, and only there
--         items          sku:quantity,… sorted by SKU
-- Reply {batchId, code, answer…}; code 1 decided, -1 no such sale, -2 stale epoch. An answer is one of
--       {1, reservationId, deadlineMs}         held now
--       {2, reservationId, deadlineMs, state}  the live reservation of the same items, again
--       {3, ahead}                             standby
--       {4, ahead} not your turn    {5, limit} buyer limit reached    {6} other items are reserved
--       {7} not open   {8} paused   {9} closed   {10} sold out   {11, sku} unknown
--       {12} turn was used, or given up
--       {13} malformed
-- Event reservation.held; reservation.expired for a hold found lapsed; reservation.extended on a touch
--- @include floor
local held, again, standingBy, notYourTurn, limitReached, exists = 1, 2, 3, 4, 5, 6
local notOpen, paused, closed, soldOut, unknownSku, turnUsed, malformed = 7, 8, 9, 10, 11, 12, 13

local failed = checkWhole(2) or checkElements(3, 4) or enterFloor()
if failed then return failed end
local batchId, epoch = ARGV[1], tonumber(ARGV[2])
if not sale then return { batchId, noSale } end
if sale.epoch ~= epoch then return { batchId, staleEpoch, integer(sale.epoch) } end

local stock = readStock()
local closedDoor = { scheduled = notOpen, waiting = notOpen, paused = paused, closed = closed, sold_out = soldOut }

local function turnOf(text)
  if sale.method == 'none' then return text == '-1' and -1 or nil end
  return whole(text)
end

-- A turn is used once: by a hold, or by giving up its place. Whose hold came to nothing may try again, late. Who bought
-- and whose turn was lost with Redis has used the one that they come with.
local function isUsed(turn, buyer, latest, standing)
  if latest and latest.state == 'confirmed' and latest.turn < 0 then return true end
  if redis.call('GETBIT', turnsKey, turn) == 0 then return false end
  if latest and latest.turn == turn then return latest.state == 'confirmed' or buyer.gaveUp end
  return not (standing and standing.turn == turn) and not isExcused(turn)
end

local function reserve(request)
  local items = parseItems(request.items)
  if not items or not request.turn then return { malformed } end
  for _, item in ipairs(items) do
    if not stock[item.sku] then return { unknownSku, item.sku } end
  end

  local buyer = readBuyer(request.buyerId)
  local latest = buyer.reservationId and readReservation(buyer.reservationId)
  local made = latest and (buyer.reservationId == request.reservationId and latest or readReservation(request.reservationId))
  if made and made.buyerId == request.buyerId then
    if not isLapsed(made) then touch(request.reservationId, made) end
    return { held, request.reservationId, integer(made.deadlineMs) }
  end
  if latest and isLapsed(latest) then
    returnUnits(stock, buyer.reservationId, latest, 'held', 'expired')
    buyer = readBuyer(request.buyerId)
    handOver(stock)
  end
  if latest and (latest.state == 'held' or latest.state == 'paying') then
    if latest.items ~= request.items then return { exists } end
    touch(buyer.reservationId, latest)
    return { again, buyer.reservationId, integer(latest.deadlineMs), latest.state }
  end

  if closedDoor[sale.state] then
    -- Whoever stands by and repeats the call, as they were told to, is there.
    local standing = sale.state == 'paused' and standByRequest(request.buyerId)
    if standing then writeStandby(standing) end
    return { closedDoor[sale.state] }
  end
  if buyer.units + unitsOf(items) > sale.perBuyerLimit then return { limitReached, sale.perBuyerLimit } end
  local standing = standByRequest(request.buyerId)
  if request.turn >= 0 then
    if request.turn >= sale.serving then return { notYourTurn, request.turn - sale.serving } end
    if isUsed(request.turn, buyer, latest, standing) then return { turnUsed } end
  end
  if isGone(stock, items) then
    if standing and isGone(stock, parseItems(standing.items)) then turnAway(stock, standing) end
    return { soldOut }
  end

  if standing and standing.turn ~= request.turn then
    -- Whoever comes with another turn gives up the place of the one before: it must not be served beside this.
    leaveStandby(stock, standing)
    standing = nil
  end
  if standing then
    -- Who stood by in time is not late because the window ended meanwhile.
    request.missed = standing.missed
  else
    -- Late, or lapsed before: after those who may still come on time.
    request.missed = (latest and latest.turn == request.turn) or (request.turn >= 0 and request.turn < sale.missedBelow)
  end
  local isCut = handOver(stock, scoreOf(request, standing))
  local kept = request.missed and request.turn >= 0 and outstandingTurns() or 0
  if fits(stock, items, kept) and not (isCut and isWaitedFor(stock, items)) then
    local reservation = hold(stock, request.reservationId, request, buyer, sale.holdMs, false)
    if not reservation then return { malformed } end
    if standing then
      leaveStandby(stock, standing)
    elseif request.turn >= 0 then
      -- Turned away before, with other items.
      redis.call('HDEL', standbyRequestsKey, request.buyerId)
    end
    return { held, request.reservationId, integer(reservation.deadlineMs) }
  end
  return { standingBy, standBy(stock, request, standing) }
end

local reply = { batchId, 1 }
for i = 3, #ARGV, 4 do
  reply[#reply + 1] = reserve({ reservationId = ARGV[i], buyerId = ARGV[i + 1], turn = turnOf(ARGV[i + 2]),
    items = ARGV[i + 3] })
end
return reply
