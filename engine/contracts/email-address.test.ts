import { expect, test } from 'vitest';
import { emailAddressOf, maskedEmail } from './email-address.ts';

test.each(['ana@example.com', "o'neil+sale@mail.example.co.uk", 'a.b@xn--bcher-kva.example'])(
  '%s',
  (address) => {
    expect(emailAddressOf(address)).toBe(address);
  },
);

test.each([
  ['nothing', undefined],
  ['a number', 7],
  ['a list', ['ana@example.com']],
  ['empty', ''],
  ['no @', 'ana'],
  ['no domain of two labels', 'ana@localhost'],
  ['two addresses', 'ana@example.com,eve@example.com'],
  ['a name', 'Ana <ana@example.com>'],
  ['a line break', 'ana@example.com\r\nBcc: eve@example.com'],
  ['a line break at the end', 'ana@example.com\n'],
  ['a quoted local part', '"eve@evil.example x"@example.com'],
  ['a comment', 'ana(eve@evil.example)@example.com'],
  ['a route', '@evil.example:ana@example.com'],
  ['a space', 'ana @example.com'],
  ['two dots', 'ana..b@example.com'],
  ['not ASCII', 'aña@example.com'],
  ['a local part of 65', `${'a'.repeat(65)}@example.com`],
  ['dots to a local part of 65', `${'a'.repeat(32)}.${'a'.repeat(32)}@example.com`],
  ['255 in all', `a@${'b.'.repeat(125)}com`],
])('%s is no address', (_, claim) => {
  expect(emailAddressOf(claim)).toBeNull();
});

test('an address is shown by its first character and its domain', () => {
  expect(maskedEmail('ana@example.com')).toBe('a…@example.com');
});
