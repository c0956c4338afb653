#!lua
-- Marks turns of a draw that nobody has as used, before any is called: their indices were given up before the
-- freeze, or were skipped when an epoch was lost. callTurns passes over them, and nobody waits for them to come.
--
-- KEYS  1 sale (hash)  2 turns (bitmap)
-- ARGV  1 requestId    echoed
--       then turns, integers below preEntrants
-- Reply {requestId, code}: 1 marked, 0 not frozen yet, -1 no such sale
local saleKey, turnsKey = KEYS[1], KEYS[2]
--- @include arguments types
local requestId = ARGV[1]

local wrong = checkTypes({ [saleKey] = 'hash', [turnsKey] = 'string' })
if wrong then return wrong end
local sale = redis.call('HMGET', saleKey, 'epoch', 'preEntrants')
if not sale[1] then return { requestId, -1 } end
if not sale[2] then return { requestId, 0 } end
local preEntrants = tonumber(sale[2])
for i = 2, #ARGV do
  local turn = whole(ARGV[i])
  if not turn or turn >= preEntrants then return redis.error_reply('ERR argument ' .. i .. ' is no turn of the draw') end
end
for i = 2, #ARGV do redis.call('SETBIT', turnsKey, ARGV[i], 1) end
return { requestId, 1 }
