import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { testRedisUrl } from '../../supervisor/fixtures/stores.ts';
import type { OrderStore, SaleRegister } from '../contracts/ports.ts';
import type { QuoteStore } from '../contracts/quote.ts';
import type { LiveSale } from '../contracts/sale.ts';
import type { Method } from '../contracts/wire/sales.ts';
import { testSale, testTokenSecret } from '../fixtures/test-sale.ts';
import { createEngine } from '../index.ts';
import { seeded, shuffled } from './seeded.ts';

/** Buyers of each sale; `ORDERED_BUYERS=20000` is the long run. */
const buyers = Number(process.env.ORDERED_BUYERS ?? 2_000);
const random = seeded(Number(process.env.ORDERED_SEED ?? 1));
const opensInMs = 10_000;
/** Who comes together has no order among them; who comes later does. */
const atOnce = 50;
const buyerOf = (arrival: number) => `buyer-${arrival}`;

/** Asks for all of them, a few hundred at a time: a queue of thousands would outlast their deadlines. */
async function eachOf<One, Answer>(list: readonly One[], ask: (one: One) => Promise<Answer>) {
  const answers: Answer[] = [];
  for (let at = 0; at < list.length; at += 500)
    answers.push(...(await Promise.all(list.slice(at, at + 500).map(ask))));
  return answers;
}

/** Pairs whose later one has the smaller value, by merging; equal ones are in order. */
function inversions(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const middle = values.length >> 1;
  const [left, right] = [values.slice(0, middle), values.slice(middle)];
  const ascending = (list: number[]) => list.sort((a, b) => a - b);
  let count = inversions(left) + inversions(right);
  ascending(left);
  ascending(right);
  let at = 0;
  for (const value of left) {
    while (at < right.length && (right[at] as number) < value) at += 1;
    count += at;
  }
  return count;
}

/** A sale in which everybody gets a unit, and two gateways in front of it. */
async function rush(method: Method) {
  const sale = await testSale({
    method,
    opensInMs,
    units: { ps5: buyers },
    perMinute: buyers * 4,
    claimMs: 3_600_000,
    holdMs: 3_600_000,
  });
  const gateways = await Promise.all(
    [1, 2].map(async () => {
      const engine = await createEngine({
        redisUrl: testRedisUrl(),
        tokenSecret: testTokenSecret,
        orderStore: {} as OrderStore,
        saleRegister: {} as SaleRegister,
        paymentQueue: { wake: () => {} },
        quotes: {} as QuoteStore,
      });
      onTestFinished(() => engine.close());
      return { engine, live: (await engine.sales.find(sale.saleId)) as LiveSale };
    }),
  );
  /** One of the two, at random. */
  const gateway = () => gateways[random() < 0.5 ? 0 : 1] as (typeof gateways)[0];

  async function join(arrival: number) {
    const { engine, live } = gateway();
    const joined = await engine.waitingRoom.join(live, buyerOf(arrival));
    if (joined.kind === 'refused') throw new Error(joined.code);
    return joined.ticket;
  }
  /** Arrivals `[from, to)`, some at once; indices by arrival. */
  async function arrive(from: number, to: number): Promise<number[]> {
    const indices: number[] = [];
    for (let first = from; first < to; first += atOnce) {
      const together = Array.from({ length: Math.min(atOnce, to - first) }, (_, i) => first + i);
      const tickets = await Promise.all(shuffled(together, random).map(join));
      indices.push(...tickets.map(({ index }) => index).sort((a, b) => a - b));
    }
    return indices;
  }

  /**
   * Everybody tries again and again until they hold a unit, from the moment of the opening. Answers, by turn,
   * at which look of theirs they were let in; whoever was not called is refused with their true distance.
   */
  async function letIn(): Promise<number[]> {
    await Promise.all(gateways.map(({ engine }) => engine.runOnce()));
    const tickets = await eachOf(
      Array.from({ length: buyers }, (_, arrival) => arrival),
      join,
    );
    const outside = new Map(tickets.map(({ turn, ticket }, arrival) => [Number(turn), { arrival, ticket }]));
    expect(outside.size).toBe(buyers);
    const letInAt: number[] = Array(buyers);
    for (let look = 0; outside.size > 0; look++) {
      expect(look).toBeLessThan(1_000);
      const { serving } = await sale.tick();
      await Promise.all(gateways.map(({ engine }) => engine.runOnce()));
      // Those who may be let in, those right behind them, and a few from anywhere.
      const trying = [...outside].filter(([turn]) => turn < serving + 200 || random() < 0.02);
      await eachOf(shuffled(trying, random), async ([turn, { arrival, ticket }]) => {
        const { engine, live } = gateway();
        const items = [{ sku: 'ps5', quantity: 1 }];
        const outcome = await engine.desk.reserve(live, buyerOf(arrival), { ticket, items });
        if (outcome.kind === 'held') {
          expect(turn).toBeLessThan(serving);
          letInAt[turn] = look;
          outside.delete(turn);
        } else expect(outcome).toMatchObject({ code: 'not_your_turn', members: { ahead: turn - serving } });
      });
      await sale.jump(200);
    }
    return letInAt;
  }
  return {
    ...sale,
    arrive,
    letIn,
    turnOf: (index: number) => gateway().engine.waitingRoom.turnOf(gateway().live, index),
  };
}

test('inversions are counted', () => {
  expect(inversions([1, 2, 2, 3])).toBe(0);
  expect(inversions([3, 1, 2, 2])).toBe(3);
  expect(inversions([4, 3, 2, 1])).toBe(6);
});

test('fifo: whoever comes later is called later, and nobody is let in before an earlier turn', async () => {
  const sale = await rush('fifo');
  const indices = await sale.arrive(0, buyers);
  await sale.pass(opensInMs);
  const letInAt = await sale.letIn();
  expect(inversions(indices)).toBe(0);
  expect(indices.map(sale.turnOf)).toEqual(indices);
  expect(inversions(letInAt)).toBe(0);
}, 600_000);

test('queue: late comers keep their order behind the drawn ones, and nobody is let in before an earlier turn', async () => {
  const sale = await rush('queue');
  const early = buyers / 10;
  await sale.arrive(0, early);
  expect(await sale.settlement.freeze(sale.saleId)).toMatchObject({ preEntrants: early });
  const late = await sale.arrive(early, buyers);
  const seed = randomBytes(32).toString('hex');
  const entrantsRoot = '0'.repeat(64);
  await sale.settlement.publishDraw(sale.saleId, { entrantsRoot, beaconValue: null, seed, drawSeed: seed });
  await sale.settlement.letDrawOpen(sale.saleId);
  await sale.pass(opensInMs);
  const letInAt = await sale.letIn();
  expect(inversions(late.map((index) => Number(sale.turnOf(index))))).toBe(0);
  expect(Math.min(...late.map((index) => Number(sale.turnOf(index))))).toBe(early);
  expect(inversions(letInAt)).toBe(0);
}, 600_000);
