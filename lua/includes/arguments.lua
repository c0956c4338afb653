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
