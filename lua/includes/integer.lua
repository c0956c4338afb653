-- Numbers as decimal strings without exponent: Lua prints 1e14 and above in another form.
-- A batch says the same few moments again and again, so each is written once a call.
local written = {}
local function integer(number)
  local text = written[number]
  if not text then
    text = string.format('%d', number)
    written[number] = text
  end
  return text
end
