import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, test } from 'vitest';
import { testRedisUrl } from '../../supervisor/fixtures/stores.ts';
import { loadScripts } from '../redis/script-loader.ts';
import type { SaleSetup } from './modelled/setup.ts';
import { same } from './observed/comparison.ts';
import { observeSource } from './observed/observed-sale.ts';
import { Pushes } from './observed/pushes.ts';
import { steps } from './steps/steps.ts';
import { World } from './world.ts';

const commandsWanted = Number(process.env.MODEL_COMMANDS ?? 100_000);
const seed = Number(process.env.MODEL_SEED ?? 20_271_127);

let redis: Redis;
let pushes: Pushes;
beforeAll(async () => {
  // Gateways of other tests look after every sale that they find.
  redis = new Redis(testRedisUrl(5));
  pushes = await Pushes.listen(testRedisUrl());
  const scripts = [...loadScripts(new URL('../../lua', import.meta.url).pathname).values()];
  for (const source of [observeSource, ...scripts.map((script) => script.source)])
    await redis.script('LOAD', source);
});
afterAll(() => {
  redis.disconnect();
  pushes.close();
});

const mostly = <T>(usual: T, ...rare: T[]) =>
  fc.constantFrom(usual, usual, usual, usual, usual, usual, ...rare);

const saleSetup: fc.Arbitrary<SaleSetup> = fc.record({
  method: fc.constantFrom('none', 'fifo'),
  isStock: fc.constant(false),
  units: fc.record({ a: fc.integer({ min: 1, max: 5 }), b: fc.integer({ min: 1, max: 3 }) }),
  perBuyerLimit: fc.constantFrom(1, 2, 2, 3),
  entrants: fc.integer({ min: 2, max: 6 }),
  holdMs: fc.constantFrom(3_000, 8_000),
  claimMs: fc.constantFrom(2_000, 4_000),
  extendMs: fc.constantFrom(0, 2_000),
  perMinute: fc.constantFrom(60, 1_200, 60_000),
  checkoutsAtOnceMax: mostly(null, 2),
  opensInMs: mostly(0, 1_500),
  closesInMs: mostly(1e9, 60_000),
});

const setup = fc.oneof(
  { weight: 3, arbitrary: saleSetup },
  {
    weight: 1,
    arbitrary: saleSetup.map(
      (sale): SaleSetup => ({ ...sale, method: 'none', isStock: true, perBuyerLimit: 1_000 }),
    ),
  },
);

/** Rounds that are under way at once: while one waits for Redis, another one thinks. */
const lanes = 4;

test('the scripts do what the model does, and every invariant holds after every command', async () => {
  let commands = 0;
  let round = 0;
  // A failing round prints its seed; MODEL_SEED repeats it, and it shrinks to the same short example.
  const lane = async () => {
    while (commands < commandsWanted) {
      const property = fc.asyncProperty(setup, steps(), async (setup, steps) => {
        const world = await World.begin(redis, setup);
        try {
          await fc.asyncModelRun(() => ({ model: world, real: {} }), steps);
          same(await pushes.of(world.real.saleId), world.model.pushes, 'buyers were told otherwise');
        } finally {
          commands += world.commands;
          await world.real.forget();
        }
      });
      await fc.assert(property, { seed: seed + round++, numRuns: 20 });
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}, 1_200_000);
