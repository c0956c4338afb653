-- What is due by the clock, and what follows from the stock. Running it late or twice gives the same.
-- A drawn sale opens when its seed has been drawn (entrants fixed and committed, beacon known), and turns that nobody
-- has are marked.
-- Expects: saleKey, stockKey, outboxKey, sale, nowMs, and the includes stock, outbox.
local function enter(state, event)
  sale.state = state
  redis.call('HSET', saleKey, 'state', state)
  if state == 'open' then redis.call('HSETNX', saleKey, 'openedAtMs', nowMs) end
  emitSale(event)
end

local function mayOpen()
  return not sale.isDrawn or sale.isDrawReady
end

local function advance()
  if sale.state == 'scheduled' and nowMs >= sale.waitingOpensAtMs then enter('waiting', 'sale.waiting') end
  if sale.state == 'waiting' and nowMs >= sale.opensAtMs and mayOpen() then enter('open', 'sale.opened') end
  if sale.state ~= 'closed' and sale.state ~= 'sold_out' and nowMs >= sale.closesAtMs then
    enter('closed', 'sale.closed')
  end
end

-- Final: a unit that comes back after the last one was sold goes to general stock.
-- General stock never ends: what is sold out today is delivered tomorrow.
local function closeWhenSoldOut(stock)
  if sale.id == '_general' then return end
  if sale.state ~= 'open' and sale.state ~= 'paused' then return end
  if totalOf(stock, 'sold') == totalOf(stock, 'units') then enter('sold_out', 'sale.sold_out') end
end
