#!lua
-- Lists buyers who may join. An invitation lies in the bucket where the buyer's index will be, and is
-- written over by it: joining looks nothing else up, and an invited buyer takes no more memory than others.
--
-- KEYS  1 sale (hash)  then one bucket (hash) an element
-- ARGV  1 requestId    echoed
--       2 epoch        integer
--       3 buckets      integer, what the caller believes
--       4 isAll        1: everybody has been named by now, else 0
--       then an element: place (12 bytes)
-- Reply {requestId, code, buckets, invited}: code 1 listed, 0 the sale is open to everybody,
--       -1 no such sale, -2 stale epoch, -3 stale level
local saleKey = KEYS[1]
--- @include types
local requestId, epoch, buckets, isAll = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4] == '1'

local expected = { [saleKey] = 'hash' }
for i = 2, #KEYS do expected[KEYS[i]] = 'hash' end
local wrong = checkTypes(expected)
if wrong then return wrong end

local room = redis.call('HMGET', saleKey, 'buckets', 'invitations', 'invited', 'epoch')
local known, invited = tonumber(room[1]), tonumber(room[3]) or 0
if not known then return { requestId, -1, 0, 0 } end
if tonumber(room[4]) ~= epoch then return { requestId, -2, known, 0 } end
if known ~= buckets then return { requestId, -3, known, 0 } end
if not room[2] then return { requestId, 0, known, 0 } end
for i = 5, #ARGV do invited = invited + redis.call('HSETNX', KEYS[i - 3], ARGV[i], 'i') end
redis.call('HSET', saleKey, 'invited', invited)
if isAll then redis.call('HSET', saleKey, 'invitations', 'complete') end
return { requestId, 1, known, invited }
