import { diceOf } from '../dice.ts';
import type { LaneStores } from './cast/cast.ts';
import { drain } from './drain.ts';
import { type Decision, sentenceOf } from './schedule/decision.ts';
import { Drawer } from './schedule/draw.ts';
import { shorten } from './schedule/shorten.ts';
import { Simulation } from './simulation.ts';

/** Decisions of a schedule. */
export const decisionsMax = 90;

export interface SeedOutcome {
  seed: number;
  decisions: readonly Decision[];
  /** What happened, step by step, ids included. */
  story: readonly string[];
  steps: number;
  /** How often a task went on although the one before it had not ended. */
  switches: number;
  /** Null where everything held. */
  violation: { rule: string; message: string } | null;
}

/** Simulates a seed: draws its schedule, or takes the one that is given, and drains. */
export async function runSeed(
  stores: LaneStores,
  seed: number,
  given: readonly Decision[] | null = null,
): Promise<SeedOutcome> {
  const drawer = new Drawer(diceOf(seed, 1));
  const decisions: Decision[] = [];
  const simulation = await Simulation.begin(stores, seed);
  let violation: SeedOutcome['violation'] = null;
  try {
    await simulation.beginSale();
    for (let made = 0; made < (given?.length ?? decisionsMax); made++) {
      const decision = given?.[made] ?? drawer.next(simulation);
      decisions.push(decision);
      await simulation.apply(decision);
    }
    await drain(simulation);
  } catch (error) {
    const { rule, message, stack } = error as Error & { rule?: string };
    violation = { rule: rule ?? 'nothing fails unforeseen', message: rule ? message : (stack ?? message) };
  }
  await simulation.end();
  const { story, counts } = simulation;
  return { seed, decisions, story, ...counts, violation };
}

/** Simulates a seed with those decisions of its schedule alone, by their places. */
export async function runPart(
  stores: LaneStores,
  seed: number,
  only: readonly number[],
): Promise<SeedOutcome> {
  const { decisions } = await runSeed(stores, seed);
  return runSeed(
    stores,
    seed,
    only.flatMap((place) => decisions[place] ?? []),
  );
}

/** More attempts would make whoever waits for the answer wait for minutes. */
const attemptsMax = 300;

/** The shortest part of a seed's schedule that was found to break the same promise. */
export async function shortenSeed(stores: LaneStores, seed: number) {
  const whole = await runSeed(stores, seed);
  const places = whole.decisions.map((_, place) => place);
  const run = (part: readonly number[]) =>
    runSeed(
      stores,
      seed,
      part.map((place) => whole.decisions[place] as Decision),
    );
  const only = await shorten(
    places,
    async (part) => (await run(part)).violation?.rule === whole.violation?.rule,
    attemptsMax,
  );
  const { violation, story } = await run(only);
  const sentences = only.map((place) => sentenceOf(whole.decisions[place] as Decision));
  return { seed, only, sentences, violation, story };
}
