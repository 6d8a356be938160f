-- Chooses among the lines of two files, and ends with one line of JSON.
local function lines(name)
  local found = {}
  for line in io.lines(name) do found[#found + 1] = line end
  return found
end

local paths, bodies = lines("$paths"), lines("$bodies")
wrk.method = "$method"
if #bodies > 0 then wrk.headers["Content-Type"] = "application/json" end
math.randomseed(635)

request = function()
  local body = nil
  if #bodies > 0 then body = bodies[math.random(#bodies)] end
  return wrk.format(nil, paths[math.random(#paths)], nil, body)
end

done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests": %d, "seconds": %f, "p99": %f, "errors": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
