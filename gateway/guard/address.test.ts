import { expect, test } from 'vitest';
import { addressText, isLoopback, limitKeyOf, TrustedProxies } from './address.ts';

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

test('a proxy that is no address is said at the start', () => {
  expect(() => new TrustedProxies('10.0.0.7, proxy.example')).toThrow('"proxy.example"');
  expect(() => new TrustedProxies('10.0.0.0/33')).toThrow('"10.0.0.0/33"');
});
