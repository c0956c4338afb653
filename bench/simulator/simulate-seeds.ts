import type { Lane } from './lanes.ts';
import type { SimulateOptions } from './options.ts';
import type { Progress } from './progress.ts';
import { headline, type Tally } from './result.ts';

/** A run that breaks more promises than this has said enough. */
const violationsMax = 20;
/** Shortening takes some hundred simulations each. */
const shortenedMax = 5;

/** Hands seeds to lanes until all are simulated; shortens what was found. Answers the steps of the last seed. */
export async function simulateSeeds(
  lanes: readonly Lane[],
  { seeds, only }: Pick<SimulateOptions, 'seeds' | 'only'>,
  tally: Tally,
  progress: Pick<Progress, 'tell' | 'found'>,
): Promise<readonly string[]> {
  let next = seeds.from;
  let story: readonly string[] = [];
  const work = async (lane: Lane) => {
    while (next <= seeds.to && tally.violations.length < violationsMax) {
      const simulated = await lane.simulate(next++, only);
      tally.add(simulated);
      story = simulated.story;
      if (simulated.violation) progress.found(headline(simulated.seed, simulated.violation.message));
      progress.tell(tally.seeds, tally.violations.length);
    }
  };
  await Promise.all(lanes.map(work));
  if (only !== null) return story;

  const toShorten = tally.violations.slice(0, shortenedMax);
  const shorten = async (lane: Lane) => {
    for (let found = toShorten.shift(); found; found = toShorten.shift()) {
      tally.shortened(await lane.shorten(found.seed));
    }
  };
  await Promise.all(lanes.map(shorten));
  return story;
}
