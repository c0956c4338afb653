-- One request over and over, each time with the next buyer's token.
--
-- ARGS  1 method   2 path   3 body, empty for none   4 file of tokens, one a line; "-" for none
--       5 "again": the first buyer follows the last; "once"   6 another line of the head, empty for none
--       7 the status that every answer is to have; "-" where that is not looked at
-- Prints at the end, for wrk-output.ts: "wrk-latency " and microseconds with their counts, alternating;
-- "wrk-summary " and JSON.
local requests, at, again, threads, host = {}, 0, false, {}, ''
-- Global, so that they can be asked for at the end.
unexpected, unexpectedStatus = 0, 0

function setup(thread) threads[#threads + 1] = thread end

-- Requests are put together before the clock starts: the generator shares the machine with what it measures.
function init(args)
  local method, path, body, tokens, extra = args[1], args[2], args[3], args[4], args[6]
  again = args[5] == 'again'
  host = wrk.port and wrk.host .. ':' .. wrk.port or wrk.host
  local head = method .. ' ' .. path .. ' HTTP/1.1\r\nHost: ' .. host .. '\r\n'
  if #body > 0 then
    head = head .. 'Content-Type: application/json\r\nContent-Length: ' .. #body .. '\r\n'
  end
  if #extra > 0 then head = head .. extra .. '\r\n' end
  if tokens == '-' then
    requests[1] = head .. '\r\n' .. body
  else
    for token in io.lines(tokens) do
      requests[#requests + 1] = head .. 'Authorization: Bearer ' .. token .. '\r\n\r\n' .. body
    end
  end
  -- wrk reads heads and bodies only where there is such a function, so there is none unless it is needed.
  local expected = tonumber(args[7])
  if expected then
    response = function(status)
      if status ~= expected then unexpected, unexpectedStatus = unexpected + 1, status end
    end
  end
  cpuBefore = os.clock()
end

-- Out of buyers, it asks for what is not there: a 404 is counted and fails the run.
function request()
  at = at + 1
  if again and at > #requests then at = 1 end
  return requests[at] or 'GET /out-of-buyers HTTP/1.1\r\nHost: ' .. host .. '\r\n\r\n'
end

function done(summary, latency)
  local errors, counts = summary.errors, {}
  for i = 1, #latency do
    local us, count = latency(i)
    counts[#counts + 1] = string.format('%d %d', us, count)
  end
  io.write('wrk-latency ', table.concat(counts, ' '), '\n')
  io.write(string.format(
    'wrk-summary {"requests":%d,"durationUs":%d,"bytes":%d,"cpuSeconds":%.3f,'
      .. '"unexpected":%d,"unexpectedStatus":%d,"errors":{"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}}\n',
    summary.requests, summary.duration, summary.bytes, os.clock() - threads[1]:get('cpuBefore'),
    threads[1]:get('unexpected'), threads[1]:get('unexpectedStatus'),
    errors.connect, errors.read, errors.write, errors.status, errors.timeout))
end
