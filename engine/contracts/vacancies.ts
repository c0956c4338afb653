import type { LiveSale, VacantRun } from './sale.ts';

/** Decodes runs as `lua/includes/vacant-runs.lua` writes them: `from-to:vacant,…`. */
export const decodeVacantRuns = (text: string): VacantRun[] =>
  Array.from(text.matchAll(/(\d+)-(\d+):(\d+)/g), ([, from, to, vacant]) => ({
    from: Number(from),
    to: Number(to),
    vacant: Number(vacant),
  }));

/** How many indices below that one nobody has; in the middle of a run, its share of them. */
const vacantBelow = (runs: VacantRun[], index: number): number =>
  runs.reduce((sum, { from, to, vacant }) => {
    const reached = Math.min(Math.max(0, index - from), to - from);
    return sum + (vacant * reached) / (to - from);
  }, 0);

/** How many people the indices below that one were given to. */
export const peopleBelow = (index: number, runs: VacantRun[]): number =>
  Math.round(index - vacantBelow(runs, index));

/**
 * About how many people the turns `[from, to)` belong to: those that nobody has are passed over, and keep
 * nobody waiting. A draw spreads them evenly among the turns before the freeze.
 */
export function peopleBetween({ snapshot, draw }: LiveSale, from: number, to: number): number {
  const { vacantRuns } = snapshot;
  if (to <= from) return 0;
  if (vacantRuns.length === 0) return to - from;
  const drawn = draw?.preEntrants ?? 0;
  const vacantTurnsBelow = (turn: number) =>
    turn < drawn ? (vacantBelow(vacantRuns, drawn) * turn) / drawn : vacantBelow(vacantRuns, turn);
  return to - from - (vacantTurnsBelow(to) - vacantTurnsBelow(from));
}
