import type { Crowd } from '../demo/load-processes.ts';

/** How Redis is away: it hangs with its connections open (SIGSTOP), or it is dead and its port closed. */
export const awayKinds = ['hanging', 'dead'] as const;
export type AwayKind = (typeof awayKinds)[number];

/** When a part of the system was away, on the wall clock, ms since 1970. */
export interface Absence {
  leftAtMs: number;
  /** When it answered again. */
  returnedAtMs: number;
}

/** What buyers noticed of it. */
export interface Noticed extends Absence {
  /** Units that anybody could have had when it left. */
  available: number;
  /** Reservations that they were told of meanwhile; those that were on their way when it left included. */
  reservedMeanwhile: number;
  /** Orders that they were told are confirmed in the whole seconds of it. */
  confirmedMeanwhile: number;
  /** From its return until the first of them was told of a new reservation; null where nobody was any more. */
  sellingAgainMs: number | null;
}

/** So soon after a return something is to be sold again. */
export const sellingAgainMsMax = 2_000;

/**
 * `available`: units that anybody could have had when it left; `reservedAtMs`: when each reservation was told
 * to its buyer, in any order; `confirmedBySecond`: orders that were told in each second since 1970.
 */
export function noticed(
  absence: Absence,
  available: number,
  { reservedAtMs, confirmedBySecond }: Pick<Crowd, 'reservedAtMs' | 'confirmedBySecond'>,
): Noticed {
  const { leftAtMs, returnedAtMs } = absence;
  const first = reservedAtMs.reduce(
    (least, atMs) => (atMs >= returnedAtMs ? Math.min(least, atMs) : least),
    Number.POSITIVE_INFINITY,
  );
  return {
    ...absence,
    available,
    reservedMeanwhile: reservedAtMs.filter((atMs) => atMs >= leftAtMs && atMs < returnedAtMs).length,
    confirmedMeanwhile: Object.entries(confirmedBySecond)
      .filter(
        ([second]) => Number(second) * 1_000 >= leftAtMs && (Number(second) + 1) * 1_000 <= returnedAtMs,
      )
      .reduce((sum, [, count]) => sum + count, 0),
    sellingAgainMs: Number.isFinite(first) ? first - returnedAtMs : null,
  };
}

/** Violations: too late where units were left; where all were held, the next one comes back when it comes back. */
export function tooLong(absences: readonly Noticed[]): string[] {
  if (absences.length === 0) return [];
  const judged = absences.filter(({ available }) => available > 0);
  if (judged.length === 0) return ['no unit was left in any absence: nothing could show when it sold again'];
  return judged
    .filter(({ sellingAgainMs }) => sellingAgainMs === null || sellingAgainMs > sellingAgainMsMax)
    .map(({ sellingAgainMs }) =>
      sellingAgainMs === null
        ? 'nothing was reserved after a return, though units were left'
        : `selling again ${sellingAgainMs} ms after a return: more than ${sellingAgainMsMax / 1000} s`,
    );
}

/** So soon a sale that goes on without Redis does, with what its first buyer takes to pay. */
const slowAfterMsMax = 5_000;

/** Violations of a sale that goes on without Redis: of an absence that was long enough something is told. */
export const stoodStill = (absences: readonly Noticed[]): string[] =>
  absences
    .filter(({ leftAtMs, returnedAtMs }) => returnedAtMs - leftAtMs > slowAfterMsMax)
    .filter(({ available, confirmedMeanwhile }) => available > 0 && confirmedMeanwhile === 0)
    .map(() => 'nothing was confirmed while Redis was away, though units were left');
