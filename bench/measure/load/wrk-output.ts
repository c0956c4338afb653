import { BrokenInvariant } from '../failure.ts';

/** What wrk.lua prints at the end of a run. */
export interface WrkSummary {
  requests: number;
  durationUs: number;
  bytes: number;
  p50Us: number;
  p99Us: number;
  maxUs: number;
  errors: { connect: number; read: number; write: number; status: number; timeout: number };
}

/** The summary among wrk's own lines. Throws `BrokenInvariant` where there is none: such a run has no figure. */
export function readWrkOutput(output: string): WrkSummary {
  const json = /^wrk-summary (?<json>\{.*\})$/m.exec(output)?.groups?.json;
  if (json === undefined) throw new BrokenInvariant(`wrk printed no summary: ${output.trim().slice(0, 500)}`);
  return JSON.parse(json) as WrkSummary;
}

/** Why the answers cannot all have been the expected ones, or null. wrk counts as `status` what is over 399. */
export function complaintAbout({ requests, errors }: WrkSummary): string | null {
  if (requests === 0) return 'wrk got 0 answers';
  const met = Object.entries(errors).filter(([, count]) => count > 0);
  if (met.length === 0) return null;
  return `of ${requests} answers: ${met.map(([kind, count]) => `${count} ${kind} errors`).join(', ')}`;
}
