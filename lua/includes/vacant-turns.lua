-- Turns that nobody has: indices of a lease that a lost epoch may have issued, or not, are never issued again.
-- They are marked as used before they are called, so that they cost no pace (callTurns passes over them) and
-- nobody waits for them to come. Whoever shows a ticket of such an index is waited for again (join-3-each.lua).
-- Those of a draw are known once it is fixed, and marked then (draw/vacate-turns-2.lua).
-- Expects: turnsKey, sale, the include vacant-runs.
local function markVacant(from, to)
  -- In a draw that is not fixed yet these indices get turns all over the room.
  if sale.isDrawn and not sale.preEntrants then return end
  from = math.max(from, sale.preEntrants or 0)
  -- Whoever had one of these indices may have used its turn, or given it up.
  local used = redis.call('BITPOS', turnsKey, 1, from, to - 1, 'BIT')
  while from < to and used >= 0 and used < to do
    redis.call('HSET', saleKey, 'spent:' .. integer(used), 1)
    used = redis.call('BITPOS', turnsKey, 1, used + 1, to - 1, 'BIT')
  end
  while from < to and from % 8 > 0 do
    redis.call('SETBIT', turnsKey, from, 1)
    from = from + 1
  end
  while from < to and to % 8 > 0 do
    to = to - 1
    redis.call('SETBIT', turnsKey, to, 1)
  end
  if from < to then redis.call('SETRANGE', turnsKey, from / 8, string.rep('\255', (to - from) / 8)) end
end

-- That nobody has the indices of these runs, each { from, to }, in their order.
local function vacate(skipped)
  if sale.method == 'none' then return end
  local runs = readVacantRuns()
  for _, run in ipairs(skipped) do
    local from, to = run[1], run[2]
    markVacant(from, to)
    if from < to then addVacantRun(runs, { from = from, to = to, vacant = to - from }) end
  end
  writeVacantRuns(runs)
end
