#!lua
-- These buyers are there: their sockets answered pings. Only those on standby are noted.
--
-- KEYS  includes/floor.lua
-- ARGV  1 requestId      echoed
--       then a buyerId an element
-- Reply {requestId, noted}: how many stand by, or -1 no such sale
--- @include floor
local failed = enterFloor()
if failed then return failed end
local requestId = ARGV[1]
if not sale then return { requestId, noSale } end
local noted = 0
for i = 2, #ARGV do
  local request = standByRequest(ARGV[i])
  if request then
    writeStandby(request)
    noted = noted + 1
  end
end
return { requestId, noted }
