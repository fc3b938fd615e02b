-- wrk: POSTs one body to one path, each time with another hook instance, and prints what it measured as JSON.
-- Environment: BENCH_BODY (a file), BENCH_MARK (a text of 36 characters that stands once in it).

local count, id, threads = 0, 0, 0
local before, after

function setup(thread)
  threads = threads + 1
  thread:set("id", threads)
end

function init(args)
  local file = io.open(os.getenv("BENCH_BODY"), "rb")
  local body = file:read("*a")
  file:close()
  local mark = os.getenv("BENCH_MARK")
  local from, to = body:find(mark, 1, true)
  before, after = body:sub(1, from - 1), body:sub(to + 1)
  count = math.floor(tonumber(os.getenv("BENCH_FIRST") or "0"))
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  count = count + 1
  local instance = string.format("%08x-0000-4000-8000-%012x", id, count)
  return wrk.format(nil, nil, nil, before .. instance .. after)
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    'MEASURED {"requests": %d, "seconds": %.6f, "not_ok": %d, "lost": %d, "p50": %.3f, "p90": %.3f, "p99": %.3f, "worst": %.3f}\n',
    summary.requests, summary.duration / 1e6, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(90) / 1000, latency:percentile(99) / 1000, latency.max / 1000))
end
