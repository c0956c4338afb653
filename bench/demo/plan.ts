import { behaviourOf } from '../load/behaviour.ts';
import type { DemoOptions } from './options.ts';

/** One load process: buyers `[from, to)`. */
export interface Part {
  from: number;
  to: number;
  localAddress: string | null;
}

export interface Plan {
  /** Buyers who come over WebSocket. */
  sockets: number;
  /** Buyers who will pay when they can: as many units as this can be sold at most. */
  payers: number;
  parts: Part[];
  gateways: number;
  perMinute: number;
  arrivalMs: number;
  /** The rush is called off after that time. */
  rushMsMax: number;
}

/** A process also needs files for HTTP connections, logs, stores and itself. */
const otherFiles = 1000;
const socketsPerPartMax = 15_000;
/** Beyond this many sockets one source address would run out of ports (28,232 on Linux). */
const socketsPerAddressMax = 24_000;
/** Buyers who come a second: the handshakes of a faster rush only queue up at two cores. */
const arrivalsPerSecond = 2500;

/**
 * How the rush is laid out over processes, addresses and time. `openFilesMax` is what the system allows a
 * process; `gateways` what the user asked for, or null.
 */
export function planRush(
  { buyers, units, seed }: Pick<DemoOptions, 'buyers' | 'units' | 'seed'>,
  openFilesMax: number,
  gateways: number | null,
): { kind: 'plan'; plan: Plan } | { kind: 'impossible'; reason: string } {
  let sockets = 0;
  let payers = 0;
  for (let number = 0; number < buyers; number++) {
    const { channel, plan } = behaviourOf(seed, number);
    if (channel === 'socket') sockets++;
    if (plan === 'pay') payers++;
  }
  const socketsPerProcess = openFilesMax - otherFiles;
  if (socketsPerProcess < 100) {
    const reason = `a process may open ${openFilesMax} files here, too few for any rush; raise it with: ulimit -n 20000`;
    return { kind: 'impossible', reason };
  }
  const partCount = Math.max(1, Math.ceil(sockets / Math.min(socketsPerPartMax, socketsPerProcess)));
  const parts = Array.from({ length: partCount }, (_, part) => ({
    from: Math.floor((buyers * part) / partCount),
    to: Math.floor((buyers * (part + 1)) / partCount),
    localAddress: sockets > socketsPerAddressMax ? `127.0.0.${part + 2}` : null,
  }));
  return {
    kind: 'plan',
    plan: {
      sockets,
      payers,
      parts,
      gateways: gateways ?? gatewaysFor(sockets, socketsPerProcess),
      // Sells out in about ten seconds, and calls nobody slower than 50 a second.
      perMinute: Math.min(60_000, Math.max(3000, units * 6)),
      arrivalMs: Math.max(1000, Math.round((buyers / arrivalsPerSecond) * 1000)),
      rushMsMax: 90_000 + buyers * 3 + Math.min(units, buyers) * 10,
    },
  };
}

/** The kernel spreads connections over gateways by chance: from two on, each needs room for more than its share. */
function gatewaysFor(sockets: number, socketsPerProcess: number): number {
  return sockets <= socketsPerProcess ? 1 : Math.ceil(sockets / (0.8 * socketsPerProcess));
}
