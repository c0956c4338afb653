-- Which indices nobody has, for telling people how many are before them, and whose ticket may have been lost: runs `from-to:vacant` in their order,
-- of whose indices so many are vacant. A room that lost Redis more often than this has its oldest runs as one, with
-- the people between them; an `m` behind it says so.
-- Expects: saleKey, sale, the include integer.
local vacantRunsMax = 32

local function readVacantRuns()
  local runs = {}
  local written = redis.call('HGET', saleKey, 'vacantRuns') or ''
  for from, to, vacant, mark in string.gmatch(written, '(%d+)-(%d+):(%d+)(m?)') do
    runs[#runs + 1] = { from = tonumber(from), to = tonumber(to), vacant = tonumber(vacant), isMerged = mark == 'm' }
  end
  return runs
end

local function writeVacantRuns(runs)
  local texts = {}
  for at, run in ipairs(runs) do
    texts[at] = integer(run.from) .. '-' .. integer(run.to) .. ':' .. integer(run.vacant)
      .. (run.isMerged and 'm' or '')
  end
  if #texts > 0 then redis.call('HSET', saleKey, 'vacantRuns', table.concat(texts, ',')) end
end

local function together(earlier, later)
  return { from = earlier.from, to = later.to, vacant = earlier.vacant + later.vacant, isMerged = earlier.isMerged }
end

local function addVacantRun(runs, run)
  local last = runs[#runs]
  if last and last.to >= run.from then
    runs[#runs] = together(last, run)
  else
    runs[#runs + 1] = run
  end
  if #runs > vacantRunsMax then
    runs[1] = together(table.remove(runs, 1), runs[1])
    runs[1].isMerged = true
  end
end

-- True for a turn that stands for an index of such a run: in a draw, of those who came after the freeze.
local function isInVacantRun(turn)
  if turn < (sale.preEntrants or 0) then return false end
  for _, run in ipairs(readVacantRuns()) do
    if not run.isMerged and run.from <= turn and turn < run.to then return true end
  end
  return false
end

-- Such a turn is marked as used although nobody used it, so that nobody waits for it; whoever has a ticket of it may
-- come nevertheless. Once it was used, or given up, it is noted apart: few are.
local function noteSpent(turn)
  if sale.hasVacantRuns and isInVacantRun(turn) then redis.call('HSET', saleKey, 'spent:' .. integer(turn), 1) end
end

local function isExcused(turn)
  return sale.hasVacantRuns and isInVacantRun(turn) and redis.call('HEXISTS', saleKey, 'spent:' .. integer(turn)) == 0
end
