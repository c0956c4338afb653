-- The bucket of a place among `buckets`, by linear hashing: the low 32 bits, cut to the larger
-- power of two, or to the smaller one where that bucket does not exist yet.
-- The same function is written in engine/waiting-room/places.ts; a test compares them.
local function bucketOf(place, buckets)
  local b1, b2, b3, b4 = string.byte(place, 1, 4)
  local low = b1 + b2 * 256 + b3 * 65536 + b4 * 16777216
  local size = 1
  while size < buckets do size = size * 2 end
  local bucket = low % size
  if bucket >= buckets then bucket = low % (size / 2) end
  return bucket
end
