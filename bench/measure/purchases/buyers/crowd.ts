import { watchMachine } from '../../load/machine-share.ts';
import type { Pressure } from '../../load/pressure.ts';
import { Connection } from './connection.ts';

export interface Crowd {
  origin: string;
  buyers: number;
  /** Buyers under way at any time; the connections, too. */
  underWay: number;
  /** Buyers a second, whatever became of those before; null: the next one begins when one has ended. */
  perSecond: number | null;
}

export interface CrowdCosts {
  /** From the first request to the last answer. */
  seconds: number;
  /** Of the process that the buyers are in. */
  cpuSeconds: number;
  /** Share of all cores that were busy meanwhile. */
  machineShare: number;
}

/** How hard it was on the process of the buyers, which has one thread. */
export const pressureOf = ({ seconds, cpuSeconds, machineShare }: CrowdCosts): Pressure => ({
  generatorShare: cpuSeconds / seconds,
  machineShare,
});

/**
 * Sends that many buyers, each over a connection that nobody else uses meanwhile. `visit` gets the buyer's
 * number and when it was due.
 */
export async function sendCrowd(
  { origin, buyers, underWay, perSecond }: Crowd,
  visit: (connection: Connection, number: number, dueMs: number) => Promise<void>,
): Promise<CrowdCosts> {
  const connections = await Promise.all(
    Array.from({ length: Math.min(underWay, buyers) }, () => Connection.open(origin)),
  );
  const cpuBefore = process.cpuUsage();
  const machine = watchMachine();
  const startMs = performance.now();
  let begun = 0;
  const visitOn = async (connection: Connection) => {
    while (begun < buyers) {
      const number = begun++;
      const dueMs = perSecond === null ? performance.now() : startMs + (number * 1000) / perSecond;
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      await visit(connection, number, dueMs);
    }
  };
  await Promise.all(connections.map(visitOn));
  const seconds = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const machineShare = machine();
  for (const connection of connections) connection.close();
  return { seconds, cpuSeconds: (user + system) / 1_000_000, machineShare };
}
