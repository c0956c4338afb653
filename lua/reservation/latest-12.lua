#!lua flags=no-writes
-- What is seen of the buyers' latest reservations, before their carts are read.
--
-- KEYS  includes/floor.lua
-- ARGV  1 batchId        echoed
--       then a buyerId an element
-- Reply {batchId, code, seen…}; code 1, -1 no such sale. `seen` is what initiate takes, '' where there is none
--- @include floor latest
local failed = checkFloor()
if failed then return failed end
local batchId = ARGV[1]
if not readSaleOfAnyLife() then return { batchId, noSale } end
local reply = { batchId, 1 }
for i = 2, #ARGV do reply[#reply + 1] = seenOf(ARGV[i]) end
return reply
