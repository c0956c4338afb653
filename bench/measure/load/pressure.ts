import type { Scoreboard } from '../scoreboard.ts';
import { median } from '../statistics.ts';

/** How hard a round was on those who made the requests, as far as it is known. */
export interface Pressure {
  /** Share of one core that the generator used: near 1 it was what held things up. */
  generatorShare?: number;
  /** Share of the time in which the generator could have run and had no core. */
  generatorDelayShare?: number;
  /** Share of all cores that were busy. */
  machineShare?: number;
  /** Of an open loop: by how much requests were sent late, beside the latency that was found. */
  lateP99Ms?: number;
  p99Ms?: number;
}

/** A generator that used more of its one core than this was what held things up, or close to it. */
export const busyShare = 0.9;
/** With fewer idle cores than this leaves, generator and system take them from each other. */
const machineBusyShare = 0.95;
/** A generator that waited for a core longer than this saw latencies that were its own. */
const delayedShare = 0.1;
/** Of a reported p99, what is more than this is worth telling. */
const lateShare = 0.25;

type Of = (round: Pressure) => number | undefined;

/** What may have to be told, once for all who were asked: where its median is more than `bound`. */
const checks: readonly { of: Of; bound: number; sentence: (generator: string, shares: string) => string }[] =
  [
    {
      of: ({ generatorShare }) => generatorShare,
      bound: busyShare,
      sentence: (generator, shares) =>
        `of its one core, ${generator} used ${shares}: those rates are at least what is told, perhaps more`,
    },
    {
      of: ({ generatorDelayShare }) => generatorDelayShare,
      bound: delayedShare,
      sentence: (generator, shares) =>
        `of the time, ${generator} waited for a core for ${shares}: that is in those latencies`,
    },
    {
      of: ({ lateP99Ms = Number.NaN, p99Ms = Number.NaN }) => lateP99Ms / p99Ms,
      bound: lateShare,
      sentence: (generator, shares) =>
        `of the p99, what ${generator} was late itself with sending comes to ${shares}`,
    },
    {
      of: ({ machineShare }) => machineShare,
      bound: machineBusyShare,
      sentence: (generator, shares) =>
        `of all cores, ${shares} were busy: ${generator} and the system took them from each other`,
    },
  ];

/** Says on the board where figures may be those of the generator or of the machine; by name of who was asked. */
export function remarkPressure(
  board: Scoreboard,
  scenario: string,
  generator: string,
  found: ReadonlyMap<string, readonly Pressure[]>,
): void {
  for (const { of, bound, sentence } of checks) {
    const shares = [...found]
      .map(([name, rounds]) => ({ name, share: medianOf(rounds, of) }))
      .filter(({ share }) => share > bound)
      .map(({ name, share }) => `${(share * 100).toFixed(0)} % against ${name}`);
    if (shares.length > 0) board.remark(`${scenario}: ${sentence(generator, shares.join(', '))}`);
  }
}

/** Of what is known; 0 where nothing is. */
function medianOf(rounds: readonly Pressure[], of: Of): number {
  const known = rounds.map(of).filter((value): value is number => Number.isFinite(value));
  return known.length > 0 ? median(known) : 0;
}
