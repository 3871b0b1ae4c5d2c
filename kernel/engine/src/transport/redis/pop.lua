-- Takes ids off a queue. What is taken is gone: the ledger knows what was taken and not started.
-- KEYS: ready:0 ready:1 ready:2 delayed turns
-- ARGV: how many at most
-- Returns: the members, and in how many ms the next delayed one is due (-1: none waits)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local max, delayed, turns, taken = tonumber(ARGV[1]), KEYS[4], KEYS[5], {}
-- Bounded, so that a million jobs that are due at the same second do not block Redis.
for _, member in ipairs(redis.call('ZRANGEBYSCORE', delayed, '-inf', now, 'LIMIT', 0, 1000)) do
  redis.call('ZREM', delayed, member)
  local priority, tenant = string.match(member, '^(%d):([^:]*):')
  local floor = tonumber(redis.call('HGET', turns, priority) or '0')
  local field = priority .. ':' .. tenant
  local turn = math.max(floor, tonumber(redis.call('HGET', turns, field) or '0')) + 1
  redis.call('HSET', turns, field, turn)
  redis.call('ZADD', KEYS[priority + 1], 'NX', turn, member)
end
local left = 0
for p = 0, 2 do
  if #taken < max then
    local popped = redis.call('ZPOPMIN', KEYS[p + 1], max - #taken)
    for i = 1, #popped, 2 do taken[#taken + 1] = popped[i] end
    if #popped > 0 then redis.call('HSET', turns, p, popped[#popped]) end
  end
  left = left + redis.call('ZCARD', KEYS[p + 1])
end
-- Nobody waits, so nobody is owed a turn; forgetting them keeps the hash from growing with the tenants.
if left == 0 then redis.call('DEL', turns) end
local next = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')
return { taken, next[2] and math.max(0, next[2] - now) or -1 }
