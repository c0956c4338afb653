-- Items travel as `sku:quantity,sku:quantity`, sorted by SKU, each SKU once.
-- parseItems answers a list of {sku, quantity}, or nil where the text is not of that form.
-- A batch asks for the same few combinations again and again, so each is parsed once a call.
local parsedItems = {}
local function parseItems(text)
  if parsedItems[text] then return parsedItems[text] end
  local items = {}
  for pair in string.gmatch(text, '[^,]+') do
    local sku, quantity = string.match(pair, '^([a-z0-9-]+):([1-9]%d*)$')
    if not sku or #quantity > 9 then return nil end
    items[#items + 1] = { sku = sku, quantity = tonumber(quantity) }
  end
  if #items == 0 then return nil end
  parsedItems[text] = items
  return items
end

local function unitsOf(items)
  local units = 0
  for _, item in ipairs(items) do units = units + item.quantity end
  return units
end
