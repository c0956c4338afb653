import { Connection } from './connection.ts';

export interface Crowd {
  origin: string;
  buyers: number;
  /** Buyers under way at any time; the connections, too. */
  underWay: number;
  /** Buyers a second, whatever became of those before; null: the next one begins when one has ended. */
  perSecond: number | null;
}

/**
 * Sends that many buyers, each over a connection that nobody else uses meanwhile. `visit` gets the buyer's
 * number and when it was due.
 */
export async function sendCrowd(
  { origin, buyers, underWay, perSecond }: Crowd,
  visit: (connection: Connection, number: number, dueMs: number) => Promise<void>,
): Promise<{ seconds: number; cpuSeconds: number }> {
  const connections = await Promise.all(
    Array.from({ length: Math.min(underWay, buyers) }, () => Connection.open(origin)),
  );
  const cpuBefore = process.cpuUsage();
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
  for (const connection of connections) connection.close();
  return { seconds, cpuSeconds: (user + system) / 1_000_000 };
}
