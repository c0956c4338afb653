-- A key that is gone although others say that it was there is not empty: Redis has lost part of the sale.
-- Without this an absent stock reads as sold out, which is final, and absent buyers as nobody at the limit.
-- Expects the floor's keys, sale, the include stock. Answers an error or nil.
local function checkLosses(absent)
  if not next(absent) then return nil end
  local stock = readStock()
  local paying = totalOf(stock, 'paying')
  local held, paid = totalOf(stock, 'held'), paying + totalOf(stock, 'sold')
  local expected = {
    [stockKey] = true, [outboxKey] = true,
    [reservationsKey] = held + paid > 0, [buyersKey] = held + paid > 0,
    [turnsKey] = held + paid > 0 and sale.method ~= 'none',
    [deadlinesKey] = held > 0, [pinsKey] = paying > 0, [attemptsKey] = paid > 0,
    [callsKey] = sale.serving > sale.missedBelow,
    -- Of those who were turned away there are requests alone.
    [standbyKey] = someStandBy(), [standbyRequestsKey] = someStandBy() or not absent[standbyKey],
  }
  for key in pairs(absent) do
    if expected[key] then return redis.error_reply('LOST ' .. key .. ' is missing') end
  end
  return nil
end
