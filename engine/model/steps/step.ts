import fc from 'fast-check';
import type { World } from '../world.ts';

/** Few buyers, so that they meet: at the limit, on standby, with each other's reservations. */
export const buyers = 6;

export type Step = fc.AsyncCommand<World, object>;

/** A step that can say what it is, so that a failing run reads as a story. */
export function step(
  name: string,
  input: unknown,
  run: (world: World) => Promise<void>,
  isPossible: (world: World) => boolean = () => true,
): Step {
  return {
    check: isPossible,
    run,
    toString: () => `${name}${input === undefined ? '' : ` ${JSON.stringify(input)}`}`,
  };
}

export const seldom = <T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>, oneIn = 20) =>
  fc.oneof({ weight: oneIn - 1, arbitrary: usual }, { weight: 1, arbitrary: rare });

/** A few elements, as they meet in one batch. */
export const some = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: 1, maxLength: 3 });
