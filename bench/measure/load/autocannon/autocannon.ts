import { BrokenInvariant } from '../../failure.ts';
import { Part } from '../../part.ts';
import { decoded, msAt } from '../histogram.ts';
import type { Generator, Load } from '../load.ts';
import type { ClosedLoop } from './closed-loop.ts';

/**
 * Closed loop from autocannon, for machines without wrk: it costs more CPU than the gateway and understates it.
 * `directory` is where its log goes.
 */
export const autocannonIn =
  (directory: string): Generator =>
  async (load) => {
    const part = await Part.start('bench/measure/load/autocannon/main.ts', { directory });
    try {
      const result = await part.ask<ClosedLoop>(load);
      const complaint = complaintAbout(result, load.expects);
      if (complaint !== null) throw new BrokenInvariant(complaint);
      const histogram = decoded(result.histogram);
      return {
        requests: result.requests,
        perSecond: result.requests / result.seconds,
        bytesPerAnswer: result.bytes / result.requests,
        p50Ms: msAt(histogram, 50),
        p99Ms: msAt(histogram, 99),
        histogram,
        underWayMax: load.connections,
        generatorShare: result.cpuSeconds / result.seconds,
      };
    } finally {
      await part.stop();
    }
  };

/** Why the answers were not all expected ones, or null. */
export function complaintAbout(
  { requests, statuses, errors }: Pick<ClosedLoop, 'requests' | 'statuses' | 'errors'>,
  expects: Load['expects'],
): string | null {
  if (requests === 0) return 'autocannon got 0 answers';
  const isExpected = (status: string) =>
    expects === 'success' ? /^[23]/.test(status) : status === String(expects);
  return errors > 0 || !Object.keys(statuses).every(isExpected)
    ? `autocannon met ${JSON.stringify(statuses)} and ${errors} errors`
    : null;
}
