import { expect, test } from 'vitest';
import { addressText, hopText, isLoopback, limitKeyOf, TrustedProxies } from './address.ts';

const bytes = (...octets: number[]) => new Uint8Array(octets).buffer;

test('an address reads the same, mapped or not', () => {
  expect(addressText(bytes(127, 0, 0, 1))).toBe('127.0.0.1');
  expect(addressText(bytes(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 1, 2, 3))).toBe('10.1.2.3');
  const six = addressText(bytes(0x20, 1, 0xd, 0xb8, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 1));
  expect(six).toBe('2001:db8:0:7:0:0:0:1');
  expect(limitKeyOf(six)).toBe('2001:db8:0:7');
  expect(isLoopback(addressText(bytes(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)))).toBe(true);
});

test('nobody is believed who is not named', () => {
  expect(new TrustedProxies('').clientOf('203.0.113.9', '198.51.100.1')).toBe('203.0.113.9');
  expect(new TrustedProxies('10.0.0.7').clientOf('203.0.113.9', '198.51.100.1')).toBe('203.0.113.9');
});

test('a named proxy is believed about the hop before it, and no further', () => {
  const proxies = new TrustedProxies('10.0.0.7, 10.1.0.0/16');
  expect(proxies.clientOf('10.0.0.7', '198.51.100.1')).toBe('198.51.100.1');
  expect(proxies.clientOf('10.0.0.7', '6.6.6.6, 198.51.100.1, 10.1.2.3')).toBe('198.51.100.1');
  expect(proxies.clientOf('10.0.0.7', 'not an address')).toBe('10.0.0.7');
});

test.each([
  ['198.51.100.1', '198.51.100.1'],
  ['198.51.100.1:4711', '198.51.100.1'],
  ['2001:DB8:1:2::1', '2001:db8:1:2:0:0:0:1'],
  ['2001:db8::', '2001:db8:0:0:0:0:0:0'],
  ['2001:0db8:0001:0002:0000:0000:0000:0001', '2001:db8:1:2:0:0:0:1'],
  ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ['::', '0:0:0:0:0:0:0:0'],
  ['::1', '0:0:0:0:0:0:0:1'],
  ['[2001:db8::1]', '2001:db8:0:0:0:0:0:1'],
  ['[2001:db8::1]:443', '2001:db8:0:0:0:0:0:1'],
  ['fe80::1%eth0', 'fe80:0:0:0:0:0:0:1'],
  ['::ffff:198.51.100.1', '198.51.100.1'],
  ['::FFFF:c633:6401', '198.51.100.1'],
  ['0:0:0:0:0:ffff:198.51.100.1', '198.51.100.1'],
  ['64:ff9b::198.51.100.1', '64:ff9b:0:0:0:0:c633:6401'],
  ['[198.51.100.1]', null],
  ['2001:db8::1:443:', null],
  ['[2001:db8::1', null],
  ['[]', null],
  ['198.51.100:80', null],
  ['unknown', null],
  ['_hidden', null],
  ['', null],
])('the hop %s is the address %s', (hop, address) => {
  expect(hopText(hop)).toBe(address);
});

test('behind a proxy all of one IPv6 network share a key, however it writes them', () => {
  const proxies = new TrustedProxies('10.0.0.7, 2001:db8:9::/48');
  const keyOf = (forwardedFor: string) => limitKeyOf(proxies.clientOf('10.0.0.7', forwardedFor));
  const one = keyOf('2001:db8:1:2::1');
  expect(keyOf('2001:db8:1:2::2')).toBe(one);
  expect(keyOf('2001:DB8:1:2:3:4:5:6')).toBe(one);
  expect(keyOf('[2001:db8:1:2::3]:50000, 2001:db8:9::7')).toBe(one);
  expect(keyOf('2001:db8:1:3::1')).not.toBe(one);
  expect(keyOf('::ffff:198.51.100.1')).toBe(keyOf('198.51.100.1'));
  expect(keyOf('198.51.100.1, ::ffff:10.0.0.7')).toBe(keyOf('198.51.100.1'));
});

test('what is no address is counted with the proxy that wrote it', () => {
  const proxies = new TrustedProxies('10.0.0.7, 10.1.0.0/16');
  for (const madeUp of ['unknown', '_a', '1.2.3', '2001:db8::g', '[::1', 'x'.repeat(500)]) {
    expect(proxies.clientOf('10.0.0.7', madeUp)).toBe('10.0.0.7');
    expect(proxies.clientOf('10.0.0.7', `${madeUp}, 10.1.2.3`)).toBe('10.1.2.3');
  }
});

test('a proxy that is no address is said at the start', () => {
  expect(() => new TrustedProxies('10.0.0.7, proxy.example')).toThrow('"proxy.example"');
  expect(() => new TrustedProxies('10.0.0.0/33')).toThrow('"10.0.0.0/33"');
});
