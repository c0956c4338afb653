import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { DemoFailure } from './failure.ts';

/**
 * Free loopback ports, all different. Taken from below the range that the system gives to outgoing
 * connections: a rush opens tens of thousands of those, and any of them could sit on a port of ours that
 * is only listened on later.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  for (let attempt = 0; attempt < 200 && ports.size < count; attempt++) {
    const port = randomInt(10_000, 32_000);
    if (await isFree(port)) ports.add(port);
  }
  if (ports.size < count) throw new DemoFailure('no free loopback ports were found between 10000 and 32000');
  return [...ports];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
