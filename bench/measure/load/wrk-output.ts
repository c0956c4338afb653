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
  /** Answers of another status than the one that was given, and the last such status; 0 where none was given. */
  unexpected: number;
  unexpectedStatus: number;
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

/**
 * Why the answers cannot all have been the expected ones, or null. wrk counts as `status` what is over 399, and
 * wrk.lua what is not the status that it was given.
 */
export function complaintAbout(
  { requests, errors, unexpected, unexpectedStatus }: WrkSummary,
  expects: Load['expects'] = 'success',
): string | null {
  if (requests === 0) return 'wrk got 0 answers';
  const { status, ...others } = errors;
  const met = Object.entries(expects === 'success' ? { ...others, status } : others)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${kind} errors`);
  if (unexpected > 0) met.push(`${unexpected} not ${expects} but, the last of them, ${unexpectedStatus}`);
  return met.length === 0 ? null : `of ${requests} answers: ${met.join(', ')}`;
}
