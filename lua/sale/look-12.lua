#!lua flags=no-writes
-- Where a sale stands, as it lies there and whichever life it is of: for comparing, not for deciding. Its clock
-- does not move. All of it is of the moment of `position`.
--
-- KEYS  includes/floor.lua
-- ARGV  1 requestId      echoed
-- Reply {requestId, code, epoch, state, clockLastMs, position, {field, value…} of the stock as it lies there};
--       code 1, -1 no such sale. `position` is the stream id of the last event that was ever written, '' where
--       there is no stream
--- @include floor
local failed = checkCount(1) or checkFloor()
if failed then return failed end
local requestId = ARGV[1]
local sale = readSaleOfAnyLife()
if not sale then return { requestId, noSale } end

local position = ''
if redis.call('EXISTS', outboxKey) == 1 then
  local stream = redis.call('XINFO', 'STREAM', outboxKey)
  for i = 1, #stream, 2 do
    if stream[i] == 'last-generated-id' then position = stream[i + 1] end
  end
end
return { requestId, 1, integer(sale.epoch), sale.state or '', redis.call('HGET', saleKey, 'clockLastMs') or '0', position,
  redis.call('HGETALL', stockKey) }
