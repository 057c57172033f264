-- wrk's body: another sentence of 16 tokens each time (14 words, of one token each, a full stop and its space as the encoder cuts them).
local words = { "time", "people", "water", "house", "world", "school", "music", "family", "money", "night", "story", "music", "food", "book" }
local format = os.getenv("FORMAT") or "base64"
local n = 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
function request()
    n = n + 1
    local w = {}
    for i = 1, 15 do
        w[i] = words[(n * 7 + i * (n % 13 + 1)) % #words + 1]
    end
    return wrk.format(nil, "/v1/embeddings", nil, string.format('{"model":"%s","encoding_format":"%s","input":"%s."}', os.getenv("MODEL"), format, table.concat(w, " ")))
end
function done(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format("%s %s: %.0f requests/s, p50 %.1f ms, p99 %.1f ms, not 200: %d, broken: %d\n", os.getenv("MODEL"), format,
        summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000, errors.status,
        errors.connect + errors.read + errors.write + errors.timeout))
end
