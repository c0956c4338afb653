import { readFile } from 'node:fs/promises';
import autocannon, { type Result } from 'autocannon';
import { encoded, microsecondHistogram } from '../histogram.ts';
import type { Load } from '../load.ts';

export interface ClosedLoop {
  requests: number;
  seconds: number;
  bytes: number;
  /** How many answers had which status. */
  statuses: Record<string, number>;
  errors: number;
  /** As `decoded` reads it. */
  histogram: string;
  cpuSeconds: number;
}

/** One run of autocannon in this process, which should do nothing else. */
export async function closedLoop(load: Load): Promise<ClosedLoop> {
  const tokens =
    load.tokensFile === null ? null : (await readFile(load.tokensFile, 'utf8')).trim().split('\n');
  const histogram = microsecondHistogram();
  const statuses: Record<string, number> = {};
  let at = 0;
  const nextHeaders = (): Record<string, string> => {
    const token = tokens?.[load.again ? at++ % tokens.length : at++];
    return tokens ? { Authorization: `Bearer ${token ?? ''}` } : {};
  };
  const [name, ...value] = (load.header ?? '').split(': ');
  const cpuBefore = process.cpuUsage();
  const options: autocannon.Options = {
    url: load.origin,
    connections: load.connections,
    duration: load.seconds,
    headers: {
      ...(load.body === '' ? {} : { 'Content-Type': 'application/json' }),
      ...(name ? { [name]: value.join(': ') } : {}),
    },
    requests: [
      {
        method: load.method,
        path: load.path,
        ...(load.body === '' ? {} : { body: load.body }),
        setupRequest: (request) => ({ ...request, headers: { ...request.headers, ...nextHeaders() } }),
      },
    ],
  };
  const result = await new Promise<Result>((resolve, reject) => {
    const running = autocannon(options, (error, ended) => (error ? reject(error) : resolve(ended)));
    running.on('response', (_client, status, _bytes, ms) => {
      statuses[status] = (statuses[status] ?? 0) + 1;
      histogram.recordValue(Math.max(1, Math.round(ms * 1000)));
    });
  });
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    requests: result.requests.total,
    seconds: result.duration,
    bytes: result.throughput.total,
    statuses,
    errors: result.errors,
    histogram: encoded(histogram),
    cpuSeconds: (user + system) / 1_000_000,
  };
}
