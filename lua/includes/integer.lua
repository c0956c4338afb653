-- Numbers as decimal strings without exponent: Lua prints 1e14 and above in another form.
local function integer(number)
  return string.format('%d', number)
end
