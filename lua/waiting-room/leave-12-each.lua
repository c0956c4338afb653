#!lua
-- Gives places up for good, with their turns. The index stays taken; joining again takes a new one at the end.
-- What a buyer holds stays theirs.
--
-- KEYS  includes/floor.lua  then one bucket (hash) an element
-- ARGV  1 requestId    echoed
--       2 buckets      integer, what the caller believes
--       3 places       12 bytes an element
--       4 placesText   the same in base64, 16 characters an element
--       then 3 an element: buyerId, and of a turn that was drawn: its index, and the turn; both -1 where the caller
--       does not know it
-- Reply {requestId, code, buckets, answer…}; code 1 decided, -1 no such sale, -3 stale level. An answer is one of
--       {1} left (now or before)    {0} there was never a place
--       {2, index, preEntrants, drawSeed}  nothing was done: that index has a drawn turn; say which
-- Event whatever places were given up: places.given_up
--- @include floor given-up-turns
local failed = checkElements(5, 3)
if failed then return failed end
local requestId, buckets, places, placesText = ARGV[1], whole(ARGV[2]), ARGV[3], ARGV[4]
local placeBytes, placeCharacters, elements = 12, 16, #KEYS - 12
if not buckets or #ARGV ~= 4 + 3 * elements or #places ~= placeBytes * elements
  or #placesText ~= placeCharacters * elements then
  return redis.error_reply('ERR ' .. elements .. ' buckets and ' .. #places .. ' bytes of places')
end
for i = 6, #ARGV, 3 do
  local isUntold = ARGV[i] == '-1' and ARGV[i + 1] == '-1'
  if not isUntold and not (whole(ARGV[i]) and whole(ARGV[i + 1])) then
    return redis.error_reply('ERR arguments ' .. i .. ' and ' .. i + 1 .. ' are no index and turn')
  end
end
local bucketTypes = {}
for i = 1, elements do bucketTypes[KEYS[i + 12]] = 'hash' end
failed = checkTypes(bucketTypes) or enterFloor()
if failed then return failed end
if not sale then return { requestId, noSale, 0 } end
local known = tonumber(redis.call('HGET', saleKey, 'buckets'))
if known ~= buckets then return { requestId, -3, known } end

local stock = readStock()
local leavers = {}

local function leave(element)
  local bucket = KEYS[element + 12]
  local place = string.sub(places, placeBytes * (element - 1) + 1, placeBytes * element)
  local index = tonumber(redis.call('HGET', bucket, place))
  if not index then return { 0 } end
  if index < 0 then return { 1 } end

  local at = 2 + 3 * element
  local buyerId, toldIndex, toldTurn = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local turn = index
  if sale.isDrawn and not (sale.preEntrants and index >= sale.preEntrants) then
    -- Nobody's turn before the draw: it is marked with the seed (persistence/draw/vacant-turns.ts).
    turn = nil
    if sale.hasDrawSeed then
      if index ~= toldIndex then
        return { 2, integer(index), integer(sale.preEntrants), redis.call('HGET', saleKey, 'drawSeed') }
      end
      turn = toldTurn
    end
  end
  redis.call('HSET', bucket, place, -1 - index)
  leavers[#leavers + 1] = string.sub(placesText, placeCharacters * (element - 1) + 1, placeCharacters * element)
  if turn then giveUpTurn(stock, buyerId, turn) end
  return { 1 }
end

local reply = { requestId, 1, known }
for element = 1, elements do reply[#reply + 1] = leave(element) end
if #leavers > 0 then
  emitPlaces('places.given_up', table.concat(leavers))
  -- No unit is kept for them any more.
  handOver(stock)
end
return reply
