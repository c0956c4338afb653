import type { Check } from './check.ts';

const marks = { ok: 'ok', failed: 'FAILED', 'not checked': '-' } as const;

/** A line for each check, and one that sums them up. */
export function reportOf(saleId: string, checks: readonly Check[]): string {
  const lines = checks.map(
    ({ name, outcome, detail }) => `${marks[outcome].padEnd(6)}  ${name.padEnd(10)}  ${detail}`,
  );
  const wrong = checks.filter(({ outcome }) => outcome === 'failed').length;
  const verdict = wrong === 0 ? 'nothing contradicts the draw' : `${wrong} of ${checks.length} checks FAILED`;
  return [...lines, '', `${saleId}: ${verdict}`].join('\n');
}

/** 0 when nothing failed, else 1. */
export const exitCodeOf = (checks: readonly Check[]): 0 | 1 =>
  checks.some(({ outcome }) => outcome === 'failed') ? 1 : 0;
