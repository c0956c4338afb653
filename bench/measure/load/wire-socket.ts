import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** Where the root URL of a system leads: to the port of its scheme where it names none. */
export function addressOf(origin: string): { host: string; port: number; isEncrypted: boolean } {
  const { protocol, hostname, port } = new URL(origin);
  const isEncrypted = protocol === 'https:';
  // Brackets are for addresses in URLs alone.
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return { host, port: Number(port || (isEncrypted ? 443 : 80)), isEncrypted };
}

/** A socket that connects there, and the event that says that it can be written to. */
export function socketTo(origin: string): { socket: Socket; opened: 'connect' | 'secureConnect' } {
  const { host, port, isEncrypted } = addressOf(origin);
  if (!isEncrypted) return { socket: connect(port, host), opened: 'connect' };
  // An address is no name that a certificate could be chosen by.
  const servername = isIP(host) ? '' : host;
  return { socket: connectTls({ host, port, servername }), opened: 'secureConnect' };
}
