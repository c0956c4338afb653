import { lookup } from 'node:dns';
import { BlockList, isIP } from 'node:net';
import { type Refusal, refuse } from '../../engine/contracts/errors.ts';

/** Addresses that are not the public internet (IANA special-purpose registries). */
const internal = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  internal.addSubnet(network, bits, 'ipv4');
}
/** What is not in 2000::/3 is not routed; of that, what carries an IPv4 address or is set aside. */
const routed = new BlockList();
routed.addSubnet('2000::', 3, 'ipv6');
for (const [network, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  internal.addSubnet(network, bits, 'ipv6');
}

/** True for an address of this machine, of a private network, or of nobody. */
export function isInternal(address: string): boolean {
  if (isIP(address) === 4) return internal.check(address, 'ipv4');
  return !routed.check(address, 'ipv6') || internal.check(address, 'ipv6');
}

const bare = (hostname: string) => hostname.replace(/^\[|\]$/g, '');

const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || bare(hostname) === '::1' || /^127(\.\d{1,3}){3}$/.test(hostname);

/**
 * Refuses what is no address to send webhooks to: other than https, except to this machine; credentials in
 * the URL; and, unless private addresses are allowed, an address that is one. Names are judged when they are
 * resolved, each time: see `publicLookup`.
 */
export function refusalOfUrl(text: string, allowsPrivate: boolean): Refusal | null {
  const wrong = (detail: string) => refuse('invalid_request', { field: 'url', detail });
  if (!URL.canParse(text)) return wrong('This is no URL.');
  const url = new URL(text);
  const isHere = isLoopback(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isHere)) {
    return wrong('A webhook goes to an https:// address.');
  }
  if (url.username || url.password) return wrong('Credentials have no place in the address.');
  if (allowsPrivate) return null;
  const isAddress = isIP(bare(url.hostname)) !== 0;
  return isHere || (isAddress && isInternal(bare(url.hostname)))
    ? wrong('A webhook goes to a public address.')
    : null;
}

/** Resolves like `dns.lookup`, and fails where any of the addresses is internal: a name may point anywhere. */
export const publicLookup: typeof lookup = ((
  hostname: string,
  options: object,
  done: (error: Error | null, address?: unknown, family?: number) => void,
) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return done(error);
    const [first] = addresses;
    if (!first || addresses.some(({ address }) => isInternal(address))) {
      return done(new Error('the name points to an address that is not public'));
    }
    if ('all' in options && options.all) return done(null, addresses);
    done(null, first.address, first.family);
  });
}) as typeof lookup;
