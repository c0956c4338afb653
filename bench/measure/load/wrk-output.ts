import { BrokenInvariant } from '../failure.ts';
import type { Load } from './load.ts';

/** What wrk.lua prints at the end of a run. */
export interface WrkSummary {
  requests: number;
  durationUs: number;
  bytes: number;
  /** Of wrk itself. */
  cpuSeconds: number;
  errors: { connect: number; read: number; write: number; status: number; timeout: number };
  /** Microseconds and how often each was seen, alternating. */
  latencies: number[];
}

/** The summary among wrk's own lines. Throws `BrokenInvariant` where there is none: such a run has no figure. */
export function readWrkOutput(output: string): WrkSummary {
  const json = /^wrk-summary (?<json>\{.*\})$/m.exec(output)?.groups?.json;
  if (json === undefined) throw new BrokenInvariant(`wrk printed no summary: ${output.trim().slice(0, 500)}`);
  const counts = /^wrk-latency (?<counts>[\d ]*)$/m.exec(output)?.groups?.counts ?? '';
  const latencies = counts.split(' ').filter(Boolean).map(Number);
  return { ...(JSON.parse(json) as Omit<WrkSummary, 'latencies'>), latencies };
}

/** Why the answers cannot all have been the expected ones, or null. wrk counts as `status` what is over 399. */
export function complaintAbout(
  { requests, errors }: WrkSummary,
  expects: Load['expects'] = 'success',
): string | null {
  if (requests === 0) return 'wrk got 0 answers';
  const { status, ...others } = errors;
  const unexpected =
    expects === 'success' ? { ...others, status } : { ...others, 'not refused': requests - status };
  const met = Object.entries(unexpected).filter(([, count]) => count > 0);
  if (met.length === 0) return null;
  return `of ${requests} answers: ${met.map(([kind, count]) => `${count} ${kind}${kind in errors ? ' errors' : ''}`).join(', ')}`;
}
