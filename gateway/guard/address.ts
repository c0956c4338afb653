import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { BlockList, isIP } from 'node:net';

/** The address of a peer as text: dotted for IPv4, also where it arrived mapped into IPv6. */
export function addressText(bytes: ArrayBuffer): string {
  const octets = new Uint8Array(bytes);
  // Put together by hand, because every request pays it and join() takes ten times as long (0.15 µs).
  if (octets.length === 4) return `${octets[0]}.${octets[1]}.${octets[2]}.${octets[3]}`;
  const isMapped =
    octets.length === 16 && octets.subarray(0, 12).every((octet, at) => octet === (at < 10 ? 0 : 255));
  if (isMapped) return octets.subarray(12).join('.');
  const groups: string[] = [];
  for (let at = 0; at < octets.length; at += 2) {
    groups.push((((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0)).toString(16));
  }
  return groups.join(':');
}

export const isLoopback = (address: string): boolean =>
  address.startsWith('127.') || address === '0:0:0:0:0:0:0:1' || address === '::1';

/**
 * What one household or machine shares: an IPv4 address, the first 64 bits of an IPv6 address as `addressText` writes
 * it.
 */
export const limitKeyOf = (address: string): string =>
  address.includes(':') ? address.split(':').slice(0, 4).join(':') : address;

/** An IPv6 address in brackets, with or without a port, or an IPv4 address with one. */
const withPort = /^\[(?<six>[^\]]*)\](:\d+)?$|^(?<four>[\d.]+):\d+$/;

/**
 * An address that a proxy wrote as `addressText` writes it, so that one client has one text: proxies shorten zeros,
 * map IPv4 into IPv6, and some add a port. Null where it is no address.
 */
export function hopText(hop: string): string | null {
  const { six, four } = withPort.exec(hop)?.groups ?? {};
  const address = six ?? four ?? hop;
  const version = isIP(address);
  if (version !== 6) return version === 4 && six === undefined ? address : null;
  // A zone names an interface of whoever wrote it, and no other client.
  const [withoutZone = ''] = address.split('%');
  const [front = [], back] = withoutZone.split('::').map(groupsOf);
  const zeros = back ? new Array<number>(8 - front.length - back.length).fill(0) : [];
  const groups = [...front, ...zeros, ...(back ?? [])];
  return addressText(new Uint8Array(groups.flatMap((group) => [group >> 8, group & 255])).buffer);
}

/** The groups of 16 bits of a part of an IPv6 address, whose end may be dotted. */
const groupsOf = (part: string): number[] =>
  (part === '' ? [] : part.split(':')).flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [(a << 8) | b, (c << 8) | d];
  });

/** Whose `X-Forwarded-For` is believed. */
export class TrustedProxies {
  readonly isEmpty: boolean;
  readonly #list = new BlockList();

  /** `setting`: comma-separated addresses or networks, e.g. `10.0.0.7, 10.1.0.0/16`. Throws where one is neither. */
  constructor(setting: string) {
    const entries = setting
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== '');
    this.isEmpty = entries.length === 0;
    for (const entry of entries) {
      const [address = '', prefix] = entry.split('/');
      const version = isIP(address);
      const bits = prefix === undefined ? (version === 4 ? 32 : 128) : Number(prefix);
      if (version === 0 || !Number.isInteger(bits) || bits < 0 || bits > (version === 4 ? 32 : 128)) {
        throw new RangeError(`TRUSTED_PROXIES: "${entry}" is neither an address nor a network`);
      }
      this.#list.addSubnet(address, bits, version === 4 ? 'ipv4' : 'ipv6');
    }
  }

  /** Who makes a request. Some proxies add a line of their own to the header; all lines are one list, in their order. */
  addressOf(res: HttpResponse, req: HttpRequest): string {
    const peer = addressText(res.getRemoteAddress());
    if (this.isEmpty) return peer;
    const lines: string[] = [];
    req.forEach((name, value) => {
      if (name === 'x-forwarded-for') lines.push(value);
    });
    return this.clientOf(peer, lines.join());
  }

  /**
   * Who is calling. The header is read from its end: each trusted proxy vouches for the one before it, and
   * the first that nobody vouches for is the client. What stands before that can be made up.
   */
  clientOf(peer: string, forwardedFor: string): string {
    if (this.isEmpty || forwardedFor === '') return peer;
    const hops = forwardedFor.split(',');
    let client = peer;
    for (let at = hops.length - 1; at >= 0 && this.#trusts(client); at -= 1) {
      const hop = hopText((hops[at] ?? '').trim());
      // What is no address counts as the proxy that wrote it, so nobody makes up one to be counted apart.
      if (hop === null) break;
      client = hop;
    }
    return client;
  }

  #trusts(address: string): boolean {
    const version = isIP(address);
    return version !== 0 && this.#list.check(address, version === 4 ? 'ipv4' : 'ipv6');
  }
}
