-- Where the units of a SKU are: `<sku>:available`, `:held`, `:paying`, `:sold`, and their sum `:units`.
-- Units only ever move between two of these, so the sum stays. `:waiting` is no place of a unit: how many
-- on standby want that SKU (includes/standby.lua).
-- Expects: stockKey. `readStock` answers sku → counts, all SKUs of the sale, read once a call.
local stock
-- How often units became available in this call: what did not fit before may fit now.
local returns = 0

local function readStock()
  if stock then return stock end
  local flat = redis.call('HGETALL', stockKey)
  stock = {}
  for i = 1, #flat, 2 do
    local sku, place = string.match(flat[i], '^(.-):(%a+)$')
    stock[sku] = stock[sku] or {}
    stock[sku][place] = tonumber(flat[i + 1])
  end
  return stock
end

-- True where all items are available at this moment.
local function fits(stock, items, reserved)
  for _, item in ipairs(items) do
    if stock[item.sku].available - (reserved or 0) < item.quantity then return false end
  end
  return true
end

local function moveUnits(stock, items, from, to)
  if to == 'available' then returns = returns + 1 end
  for _, item in ipairs(items) do
    local counts = stock[item.sku]
    counts[from] = counts[from] - item.quantity
    counts[to] = counts[to] + item.quantity
    redis.call('HSET', stockKey, item.sku .. ':' .. from, counts[from], item.sku .. ':' .. to, counts[to])
  end
end

local function totalOf(stock, place)
  local total = 0
  for _, counts in pairs(stock) do total = total + counts[place] end
  return total
end
