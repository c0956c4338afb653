#!lua
-- Marks turns of a draw that nobody has as used, before any is called: their indices were given up before the
-- freeze, or were skipped when an epoch was lost. callTurns passes over them, and nobody waits for them to come.
--
-- KEYS  1 sale (hash)  2 turns (bitmap)
-- ARGV  1 requestId    echoed
--       then turns, integers below preEntrants
-- Reply {requestId, code}: 1 marked, 0 not frozen yet, -1 no such sale
local saleKey, turnsKey = KEYS[1], KEYS[2]
-- Arguments are checked before anything is written, the clock included: a script that fails half-way
-- through its elements has moved units that nobody hears of.
-- Expects nothing. Numbers are decimal digits only; Lua's own tonumber takes `nan`, `inf`, `0x1` and ` 1`.
local function whole(text)
  return text and #text <= 15 and string.find(text, '^%d+$') and tonumber(text) or nil
end

-- An error, or nil where everything from ARGV[from] on is elements of `size` arguments each.
local function checkElements(from, size)
  if #ARGV < from - 1 or (#ARGV - from + 1) % size ~= 0 then
    return redis.error_reply('ERR ' .. #ARGV .. ' arguments are not whole elements of ' .. size .. ' from ' .. from .. ' on')
  end
  return nil
end

-- An error, or nil where there are exactly so many arguments.
local function checkCount(count)
  if #ARGV ~= count then return redis.error_reply('ERR ' .. #ARGV .. ' arguments, not ' .. count) end
  return nil
end

-- An error, or nil where these arguments are whole numbers.
local function checkWhole(...)
  for _, position in ipairs({ ... }) do
    if not whole(ARGV[position]) then return redis.error_reply('ERR argument ' .. position .. ' is no whole number') end
  end
  return nil
end
-- Refuses a key of the wrong type before anything is written: Redis does not roll a script back.
-- Expects nothing. `expected` maps key → type name as TYPE says it; an absent key is fine.
-- Answers the error or nil, and which of the keys are absent.
local function checkTypes(expected)
  local absent = {}
  for key, name in pairs(expected) do
    local found = redis.call('TYPE', key).ok
    if found == 'none' then
      absent[key] = true
    elseif found ~= name then
      return redis.error_reply('WRONGTYPE ' .. key .. ' is a ' .. found .. ', not a ' .. name)
    end
  end
  return nil, absent
end
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
