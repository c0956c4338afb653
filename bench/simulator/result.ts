import type { Shortened, Simulated } from './lane/messages.ts';

/** A promise that a seed broke, and how to see it again. */
export interface FoundViolation {
  seed: number;
  rule: string;
  message: string;
  /** Repeats it. */
  command: string;
  /** Repeats it with the shortened schedule; null where it was not shortened. */
  shortCommand: string | null;
  schedule: readonly string[];
}

/** What `--json` writes. */
export interface SimulationResult {
  /** How many, and which. */
  seeds: number;
  from: number;
  to: number;
  steps: number;
  stepsPerSeed: number;
  /** How often a task went on although the one before it had not ended. */
  interleavings: number;
  interleavingsPerSeed: number;
  durationSeconds: number;
  msPerSeed: number;
  violations: FoundViolation[];
}

export const commandOf = (seed: number, only: readonly number[] | null = null): string =>
  `npm run simulate -- --seeds ${seed}${only === null ? '' : ` --only ${inRanges(only)}`} --story`;

/** `[3, 17, 21, 22, 23]` as `3,17,21..23`. */
export function inRanges(places: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const place of places) {
    const last = ranges.at(-1);
    if (last && last[1] === place - 1) last[1] = place;
    else ranges.push([place, place]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}..${to}`)).join(',');
}

/** Adds up what the lanes answered. */
export class Tally {
  #seeds = 0;
  #steps = 0;
  #switches = 0;
  readonly #violations = new Map<number, FoundViolation>();

  get seeds(): number {
    return this.#seeds;
  }

  get violations(): readonly FoundViolation[] {
    return [...this.#violations.values()].sort((a, b) => a.seed - b.seed);
  }

  add({
    seed,
    steps,
    switches,
    violation,
  }: Pick<Simulated, 'seed' | 'steps' | 'switches' | 'violation'>): void {
    this.#seeds += 1;
    this.#steps += steps;
    this.#switches += switches;
    if (!violation) return;
    const command = commandOf(seed);
    this.#violations.set(seed, { seed, ...violation, command, shortCommand: null, schedule: [] });
  }

  shortened({ seed, only, sentences, violation }: Omit<Shortened, 'kind' | 'story'>): void {
    const found = this.#violations.get(seed);
    if (!found || !violation) return;
    found.message = violation.message;
    found.shortCommand = commandOf(seed, only);
    found.schedule = sentences;
  }

  result(seeds: { from: number; to: number }, durationMs: number): SimulationResult {
    const perSeed = (count: number) => Math.round((10 * count) / Math.max(1, this.#seeds)) / 10;
    return {
      seeds: this.#seeds,
      ...seeds,
      steps: this.#steps,
      stepsPerSeed: perSeed(this.#steps),
      interleavings: this.#switches,
      interleavingsPerSeed: perSeed(this.#switches),
      durationSeconds: Math.round(durationMs / 1_000),
      msPerSeed: perSeed(durationMs),
      violations: [...this.violations],
    };
  }
}

export const headline = (seed: number, message: string): string => `VIOLATION seed ${seed}: ${message}`;

/** The lines that a person reads at the end. */
export function report(result: SimulationResult): string {
  const { seeds, steps, stepsPerSeed, interleavingsPerSeed, durationSeconds, msPerSeed, violations } = result;
  return [
    ...violations.flatMap(({ seed, message, command, shortCommand, schedule }) => [
      headline(seed, message),
      ...(shortCommand === null
        ? [`  again: ${command}`]
        : [
            `  again, whole: ${command}`,
            `  again, with what it takes: ${shortCommand}`,
            ...schedule.map((sentence) => `    ${sentence}`),
          ]),
    ]),
    `${seeds} seeds, ${steps} steps (${stepsPerSeed} a seed, ${interleavingsPerSeed} interleavings), ` +
      `${durationSeconds} s (${msPerSeed} ms a seed), ${violations.length} violations`,
  ].join('\n');
}
