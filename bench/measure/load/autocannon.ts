import { readFile } from 'node:fs/promises';
import autocannon from 'autocannon';
import { BrokenInvariant } from '../failure.ts';
import type { Load, LoadResult } from './load.ts';

/**
 * Closed loop from autocannon, for machines without wrk: it costs more CPU than the gateway and understates it.
 * Runs in this process, so the process should do nothing else.
 */
export async function runAutocannon(load: Load): Promise<LoadResult> {
  const tokens = (await readFile(load.tokensFile, 'utf8')).split('\n');
  let at = 0;
  const result = await autocannon({
    url: load.origin,
    connections: load.connections,
    duration: load.seconds,
    requests: [
      {
        method: 'POST',
        path: load.path,
        body: load.body,
        setupRequest: (request) => ({
          ...request,
          headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${tokens[at++] ?? ''}` },
        }),
      },
    ],
  });
  const statuses = (result as unknown as { statusCodeStats: Record<string, { count: number }> })
    .statusCodeStats;
  const codes = Object.keys(statuses);
  if (result.requests.total === 0 || result.errors > 0 || codes.some((code) => code !== '201')) {
    throw new BrokenInvariant(`autocannon met ${JSON.stringify(statuses)} and ${result.errors} errors`);
  }
  return {
    requests: result.requests.total,
    perSecond: result.requests.total / result.duration,
    bytesPerAnswer: result.throughput.total / result.requests.total,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    underWayMax: load.connections,
  };
}
