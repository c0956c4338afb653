-- Items travel as `sku:quantity,sku:quantity`, sorted by SKU, each SKU once.
-- parseItems answers a list of {sku, quantity}, or nil where the text is not of that form.
local function parseItems(text)
  local items = {}
  for pair in string.gmatch(text, '[^,]+') do
    local sku, quantity = string.match(pair, '^([a-z0-9-]+):([1-9]%d*)$')
    if not sku or #quantity > 9 then return nil end
    items[#items + 1] = { sku = sku, quantity = tonumber(quantity) }
  end
  if #items == 0 then return nil end
  return items
end

local function unitsOf(items)
  local units = 0
  for _, item in ipairs(items) do units = units + item.quantity end
  return units
end
