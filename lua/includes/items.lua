-- Items travel as `sku:quantity,sku:quantity`, sorted by SKU, each SKU once.
-- parseItems answers a list of {sku, quantity}, or nil where the text is not of exactly that form: a SKU
-- named twice would be checked twice against the same unit.
-- A batch asks for the same few combinations again and again, so each is parsed once a call.
local parsedItems = {}

-- By bytes, as callers sort: `<` goes by the locale that Redis was started in.
local function isBefore(one, other)
  for i = 1, math.min(#one, #other) do
    local left, right = string.byte(one, i), string.byte(other, i)
    if left ~= right then return left < right end
  end
  return #one < #other
end

local function parseItems(text)
  if parsedItems[text] then return parsedItems[text] end
  local items, length = {}, 0
  for pair in string.gmatch(text, '[^,]+') do
    local sku, quantity = string.match(pair, '^([a-z0-9-]+):([1-9]%d*)$')
    if not sku or #quantity > 9 then return nil end
    if items[1] and not isBefore(items[#items].sku, sku) then return nil end
    items[#items + 1] = { sku = sku, quantity = tonumber(quantity) }
    length = length + #pair + 1
  end
  if #items == 0 or length ~= #text + 1 then return nil end
  parsedItems[text] = items
  return items
end

local function unitsOf(items)
  local units = 0
  for _, item in ipairs(items) do units = units + item.quantity end
  return units
end
