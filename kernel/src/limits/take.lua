-- Counts a request of a caller if all of its windows have room.
-- KEYS: a counter a window. ARGV: for each its limit and its length in milliseconds.
-- Returns whether it may go on (1 or 0), then for each window the requests in it and the milliseconds left.
local used, left, admitted = {}, {}, 1
for i, key in ipairs(KEYS) do
  used[i] = tonumber(redis.call('GET', key) or '0')
  left[i] = redis.call('PTTL', key)
  if left[i] < 0 then
    used[i], left[i] = 0, 0
  end
  if used[i] >= tonumber(ARGV[2 * i - 1]) then
    admitted = 0
  end
end
for i, key in ipairs(KEYS) do
  if left[i] == 0 then
    left[i] = tonumber(ARGV[2 * i])
    if admitted == 1 then
      redis.call('SET', key, 1, 'PX', left[i])
      used[i] = 1
    end
  elseif admitted == 1 then
    used[i] = redis.call('INCR', key)
  end
end
return { admitted, used[1], left[1], used[2], left[2] }
