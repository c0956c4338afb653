import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate } from '../../persistence/migrations/migrate.ts';
import {
  startTestPostgres,
  startTestRedis,
  type TemporaryStore,
} from '../../supervisor/fixtures/temporary-stores.ts';
import { openLane } from './lane-stores.ts';
import { runPart, runSeed } from './run-seed.ts';
import { giveSetClock } from './runtime/clocked-database.ts';

const seeds = Number(process.env.SIMULATED_SEEDS ?? 100);
const firstSeed = Number(process.env.SIMULATED_FROM ?? 1);

let stores: TemporaryStore[];
let lane: Awaited<ReturnType<typeof openLane>>;
beforeAll(async () => {
  const [redis, postgres] = await Promise.all([startTestRedis(), startTestPostgres()]);
  stores = [redis, postgres];
  await giveSetClock(postgres.url);
  await migrate(postgres.url);
  lane = await openLane({ redisUrl: redis.url, databaseUrl: postgres.url });
});
afterAll(async () => {
  await lane.close();
  await Promise.all(stores.map((store) => store.remove()));
});

/** A story with ids as they came up: they carry the time, and each simulation begins after the one before. */
function told({ story }: { story: readonly string[] }): string[] {
  const names = new Map<string, string>();
  return story.map((line) =>
    line.replace(/(?:pay|rfd|rsv|ord|ret|chk)_[0-9a-z]{20,}/g, (id) => {
      names.set(id, names.get(id) ?? `${id.slice(0, 3)}-${names.size}`);
      return names.get(id) as string;
    }),
  );
}

test('the same seed is the same schedule, with the same outcome', async () => {
  const first = [];
  // In the last one two wait for the same row at once, which went as Postgres liked it.
  for (const seed of [...Array.from({ length: 20 }, (_, at) => at + 1), 260])
    first.push(await runSeed(lane, seed));
  for (const before of first.reverse()) {
    const again = await runSeed(lane, before.seed);
    expect(again.decisions).toEqual(before.decisions);
    expect(told(again)).toEqual(told(before));
  }
  expect(told(first[0] as never)).not.toEqual(told(first[1] as never));
}, 300_000);

test('a part of a schedule is a schedule', async () => {
  const whole = await runSeed(lane, 3);
  const half = whole.decisions.flatMap((_, place) => (place % 2 === 0 ? [place] : []));
  const part = await runPart(lane, 3, half);
  expect(part.decisions).toEqual(half.map((place) => whole.decisions[place]));
  expect(part.violation).toBeNull();
});

test(`everything that is promised holds after every step of ${seeds} seeds`, async () => {
  const outcomes: { steps: number; switches: number; text: string }[] = [];
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const { violation, story, steps, switches } = await runSeed(lane, seed);
    expect(violation, `npm run simulate -- --seeds ${seed} --story`).toBeNull();
    outcomes.push({ steps, switches, text: story.join('\n') });
  }
  // A simulation in which nothing happens keeps every promise, too.
  const mean = (of: 'steps' | 'switches') =>
    outcomes.reduce((sum, outcome) => sum + outcome[of], 0) / outcomes.length;
  expect(mean('steps')).toBeGreaterThan(60);
  expect(mean('switches')).toBeGreaterThan(8);
  for (const happening of [
    /pay: pending/,
    /follow \S+: done/,
    /redis reservation\/confirm lost/,
    /postgres settle-captured/,
    /postgres settle-refund/,
    /redis reservation\/restock/,
    /redis sale\/end-rebuild/,
    /reserve: standby/,
    /cancel: cancelled/,
    /return: requested/,
    /the provider did not answer/,
    /COMMIT lost/,
  ]) {
    expect(
      outcomes.some(({ text }) => happening.test(text)),
      String(happening),
    ).toBe(true);
  }
}, 1_200_000);
