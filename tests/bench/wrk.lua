-- Sends each token of the file TOKENS in turn, from line START on, and checks every answer. With CYCLE=1, it begins
-- again after the last one; otherwise, it stops.
-- wrk runs this file in one thread (-t1); at the end, `done` prints one line of JSON for wrk.py.
local tokens = {}
for line in io.lines(os.getenv("TOKENS")) do tokens[#tokens + 1] = line end
local position = tonumber(os.getenv("START"))
local cycles = os.getenv("CYCLE") == "1"
local expected_status = tonumber(os.getenv("STATUS"))
local expected_text = os.getenv("TEXT")

sent, good, bad, example = 0, 0, 0, ""
local workers = {}

function setup(thread)
  workers[#workers + 1] = thread
end

function request()
  local token = tokens[cycles and position % #tokens + 1 or position + 1]
  if not token then  -- every token was used
    wrk.thread:stop()
    token = tokens[#tokens]
  else
    position, sent = position + 1, sent + 1
  end
  wrk.headers["Accept"] = "application/json"
  wrk.headers["Authorization"] = "Bearer " .. token
  return wrk.format("GET")
end

function response(status, _, body)
  if status == expected_status and body:find(expected_text, 1, true) then
    good = good + 1
  else
    bad = bad + 1
    if example == "" then example = status .. " " .. body:sub(1, 200):gsub("[%c\\\"]", " ") end
  end
end

function done(summary, latency)
  local worker = workers[1]
  local broken = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  print(string.format(
    '{"seconds": %.6f, "sent": %d, "good": %d, "bad": %d, "broken": %d, "p50": %.3f, "p99": %.3f, "example": "%s"}',
    summary.duration / 1e6, worker:get("sent"), worker:get("good"), worker:get("bad"), broken,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, worker:get("example")))
end
