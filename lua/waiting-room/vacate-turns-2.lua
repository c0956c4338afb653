#!lua
-- Marks turns that nobody has as used: their indices were given up, or were skipped when an epoch was lost. callTurns
-- passes over them, nobody waits for them to come, and nobody reserves with them. In a live sale those of a draw,
-- before any is called.
--
-- KEYS  1 sale (hash)  2 turns (bitmap)
-- ARGV  1 requestId    echoed
--       2 builder      who rebuilds the sale, and is heard of by it; '' where it is live
--       then turns; in a live sale integers below preEntrants
-- Reply {requestId, code}: 1 marked, 0 not frozen yet, -1 no such sale, or no such rebuild (any more)
local saleKey, turnsKey = KEYS[1], KEYS[2]
--- @include integer arguments types clock
local requestId, builder = ARGV[1], ARGV[2]

local wrong = checkTypes({ [saleKey] = 'hash', [turnsKey] = 'string' })
if wrong then return wrong end
local sale = redis.call('HMGET', saleKey, 'epoch', 'preEntrants', 'builder')
local isLive, isBuilt = builder == '' and sale[1], builder ~= '' and sale[3] == builder
if not isLive and not isBuilt then return { requestId, -1 } end
if isLive and not sale[2] then return { requestId, 0 } end
-- What is being rebuilt gets its fields last.
local preEntrants = tonumber(sale[2]) or math.huge
for i = 3, #ARGV do
  local turn = whole(ARGV[i])
  if not turn or turn >= preEntrants then return redis.error_reply('ERR argument ' .. i .. ' is no turn of the draw') end
end
if isBuilt then redis.call('HSET', saleKey, 'builderHeardAtMs', integer(wallClockMs())) end
for i = 3, #ARGV do redis.call('SETBIT', turnsKey, ARGV[i], 1) end
return { requestId, 1 }
