-- Which indices nobody has, for telling people how many are before them: runs `from-to:vacant` in their order,
-- of whose indices so many are vacant. A room that lost Redis more often than this has its oldest runs as one.
-- Expects: saleKey, sale, the include integer.
local vacantRunsMax = 32

local function readVacantRuns()
  local runs = {}
  for from, to, vacant in string.gmatch(redis.call('HGET', saleKey, 'vacantRuns') or '', '(%d+)-(%d+):(%d+)') do
    runs[#runs + 1] = { from = tonumber(from), to = tonumber(to), vacant = tonumber(vacant) }
  end
  return runs
end

local function writeVacantRuns(runs)
  local texts = {}
  for at, run in ipairs(runs) do
    texts[at] = integer(run.from) .. '-' .. integer(run.to) .. ':' .. integer(run.vacant)
  end
  if #texts > 0 then redis.call('HSET', saleKey, 'vacantRuns', table.concat(texts, ',')) end
end

local function together(earlier, later)
  return { from = earlier.from, to = later.to, vacant = earlier.vacant + later.vacant }
end

local function addVacantRun(runs, run)
  local last = runs[#runs]
  if last and last.to >= run.from then
    runs[#runs] = together(last, run)
  else
    runs[#runs + 1] = run
  end
  if #runs > vacantRunsMax then runs[1] = together(table.remove(runs, 1), runs[1]) end
end

-- True for a turn that stands for an index of such a run: in a draw, of those who came after the freeze.
local function isInVacantRun(turn)
  if turn < (sale.preEntrants or 0) then return false end
  for _, run in ipairs(readVacantRuns()) do
    if run.from <= turn and turn < run.to then return true end
  end
  return false
end
