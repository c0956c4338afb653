-- One POST a buyer, each with a token of its own.
--
-- ARGS  1 file of tokens, one a line   2 path   3 body
-- Prints one line at the end: "wrk-summary " and JSON, which wrk-output.ts reads.
local requests, at = {}, 0

-- Requests are put together before the clock starts: the generator shares the machine with what it measures.
function init(args)
  local body = args[3]
  local head = 'POST ' .. args[2] .. ' HTTP/1.1\r\nHost: doorbuster\r\nContent-Type: application/json\r\n'
    .. 'Content-Length: ' .. #body .. '\r\nAuthorization: Bearer '
  local tail = '\r\n\r\n' .. body
  for token in io.lines(args[1]) do requests[#requests + 1] = head .. token .. tail end
end

-- Out of buyers, it asks for what is not there: a 404 is counted and fails the run.
function request()
  at = at + 1
  return requests[at] or 'GET /out-of-buyers HTTP/1.1\r\nHost: doorbuster\r\n\r\n'
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'wrk-summary {"requests":%d,"durationUs":%d,"bytes":%d,"p50Us":%d,"p99Us":%d,"maxUs":%d,'
      .. '"errors":{"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99), latency.max,
    errors.connect, errors.read, errors.write, errors.status, errors.timeout))
end
