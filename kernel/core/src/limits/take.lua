-- Counts requests of a caller, as many as both of its windows have room for.
-- KEYS: a hash, which for each window holds when it ends (in milliseconds) and the requests in it.
-- ARGV: for each window its limit and its length in milliseconds, the last window being the longest; then how many
-- requests there are.
-- Returns how many may go on, then for each window the requests in it and the milliseconds left.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local kept = redis.call('HMGET', KEYS[1], 'e1', 'n1', 'e2', 'n2')
local ends, used, admitted, new = {}, {}, tonumber(ARGV[5]), false
for i = 1, 2 do
  ends[i], used[i] = tonumber(kept[2 * i - 1] or 0), tonumber(kept[2 * i] or 0)
  if ends[i] <= now then
    ends[i], used[i] = now + ARGV[2 * i], 0
    new = i == 2
  end
  admitted = math.max(0, math.min(admitted, tonumber(ARGV[2 * i - 1]) - used[i]))
end
if admitted > 0 then
  used[1], used[2] = used[1] + admitted, used[2] + admitted
  redis.call('HSET', KEYS[1], 'e1', ends[1], 'n1', used[1], 'e2', ends[2], 'n2', used[2])
  if new then
    redis.call('PEXPIREAT', KEYS[1], ends[2])
  end
end
return { admitted, used[1], ends[1] - now, used[2], ends[2] - now }
