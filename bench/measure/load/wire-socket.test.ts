import { expect, test } from 'vitest';
import { addressOf } from './wire-socket.ts';

test.each([
  ['http://127.0.0.1:3000', { host: '127.0.0.1', port: 3000, isEncrypted: false }],
  ['http://shop.test', { host: 'shop.test', port: 80, isEncrypted: false }],
  ['https://shop.test', { host: 'shop.test', port: 443, isEncrypted: true }],
  ['https://[::1]:8443', { host: '::1', port: 8443, isEncrypted: true }],
])('%s has a host and a port', (origin, address) => {
  expect(addressOf(origin)).toEqual(address);
});
