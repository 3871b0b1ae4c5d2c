-- Files tickets and wakes a worker.
-- KEYS: ready:0 ready:1 ready:2 delayed turns
-- ARGV: wake channel, wake message, then for each ticket: member, priority, tenant, delay in ms
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local delayed, turns, floors, last, added = KEYS[4], KEYS[5], {}, {}, 0
for i = 3, #ARGV, 4 do
  local member, priority, tenant, delay = ARGV[i], ARGV[i + 1], ARGV[i + 2], tonumber(ARGV[i + 3])
  local ready = KEYS[priority + 1]
  if not redis.call('ZSCORE', ready, member) then
    if delay > 0 then
      added = added + redis.call('ZADD', delayed, 'NX', now + delay, member)
    else
      redis.call('ZREM', delayed, member)
      local field = priority .. ':' .. tenant
      floors[priority] = floors[priority] or tonumber(redis.call('HGET', turns, priority) or '0')
      last[field] = math.max(floors[priority], last[field] or tonumber(redis.call('HGET', turns, field) or '0')) + 1
      redis.call('ZADD', ready, last[field], member)
      added = added + 1
    end
  end
end
for field, turn in pairs(last) do redis.call('HSET', turns, field, turn) end
if added > 0 then redis.call('PUBLISH', ARGV[1], ARGV[2]) end
return added
