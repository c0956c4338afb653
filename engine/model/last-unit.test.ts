import { expect, test } from 'vitest';
import type { PaymentId } from '../contracts/ids.ts';
import { testSale } from '../fixtures/test-sale.ts';
import { floorKeys } from '../redis/keys.ts';
import { nextRequestId, run, script } from '../redis/scripts.ts';
import { seeded, shuffled } from './seeded.ts';

/** How often the last unit returns; `LAST_UNITS=1000` is the long run. */
const wanted = Number(process.env.LAST_UNITS ?? 150);
const random = seeded(Number(process.env.LAST_UNITS_SEED ?? 1));

/** Also how long a hold lasts that was handed over. */
const claimMs = 4_000;
/** lua/includes/standby.lua. */
const aliveMs = 30_000;
/** Turns that have missed their window before anybody stands by; as many have not. */
const half = 100;
const line = 120;

type Sale = Awaited<ReturnType<typeof testSale>>;
type Items = Record<string, number>;
const one: Items = { ps5: 1 };
const set: Items = { case: 1, ps5: 1 };
const buyerOf = (turn: number) => `buyer-${turn}`;

/** Somebody on standby, as the rule has it: Redis is not asked. */
interface Standing {
  turn: number;
  missed: boolean;
  items: Items;
  aliveAtMs: number;
  /** Goes away without a word: no sign of life from then on. */
  isGhost: boolean;
}

const isBefore = (a: Standing, b: Standing): boolean => (a.missed === b.missed ? a.turn < b.turn : b.missed);

/** Who is first by (missed, turn) among the living whose whole request fits. */
function firstOf(standing: readonly Standing[], nowMs: number, isCaseFree: boolean): Standing | undefined {
  return standing
    .filter(({ aliveAtMs, items }) => nowMs - aliveAtMs <= aliveMs && (items === one || isCaseFree))
    .sort((a, b) => (isBefore(a, b) ? -1 : 1))[0];
}

/** A sale with one unit left, whose turns were all called: half of them have missed their window. */
async function lastUnit(): Promise<Sale> {
  const sale = await testSale({
    method: 'fifo',
    units: { case: 1, ps5: half },
    perBuyerLimit: 2,
    perMinute: half * 60,
    claimMs,
    holdMs: claimMs,
  });
  const { saleId } = sale;
  await Promise.all(
    Array.from({ length: 2 * half }, (_, turn) =>
      sale.places.take({ saleId, epoch: 1, buyerId: buyerOf(turn) }),
    ),
  );
  await sale.tick();
  await sale.pass(claimMs);
  const { serving, missedBelow } = await sale.tick();
  expect({ serving, missedBelow }).toEqual({ serving: 2 * half, missedBelow: half });
  await sale.settlement.adjustUnits(saleId, 'ps5', 1);
  return sale;
}

/** Pinned, a unit stays where it is; the answer lets go of it, and as its deadline has passed, it returns. */
async function pin(sale: Sale, turn: number, items: Items) {
  const { saleId } = sale;
  const buyerId = buyerOf(turn);
  const { id } = await sale.hold(buyerId, items, turn);
  const payment = { reservationId: id, paymentId: `pay_${turn}` as PaymentId };
  await sale.beginPayment({ saleId, epoch: 1, buyerId, ...payment });
  return () => sale.settle.returnToHeld(saleId, [payment]);
}

/** Hands the last unit of a sale down its line until nobody is left who could have it. */
async function handDown(most: number) {
  const sale = await lastUnit();
  const standing = new Map<number, Standing>();
  const given = { times: 0, sets: 0, missed: 0, passedOver: 0 };
  let nowMs = sale.startMs + claimMs;
  let position = '0-0';
  let spare = half + line / 2;

  const standBy = async (turn: number, missed: boolean, items: Items) => {
    expect(await sale.reserve(buyerOf(turn), items, turn)).toMatchObject({ kind: 'standby' });
    standing.set(turn, { turn, missed, items, aliveAtMs: nowMs, isGhost: random() < 0.15 });
  };
  const showLife = async () => {
    const living = [...standing.values()].filter(({ isGhost }) => !isGhost);
    const args = [nextRequestId(), ...living.map(({ turn }) => buyerOf(turn))];
    await run(sale.redis, script('waiting-room/signs-of-life'), floorKeys(sale.saleId), args);
    for (const alive of living) alive.aliveAtMs = nowMs;
  };
  const pass = async () => {
    await showLife();
    nowMs += claimMs;
    await sale.jump(claimMs);
  };
  /** Who was given the unit since this was asked last. */
  const heldSince = async () => {
    const { events } = await sale.settlement.outbox(sale.saleId, position, 10_000);
    position = events.at(-1)?.position ?? position;
    return events.flatMap(({ type, items, buyerId }) =>
      type === 'reservation.held' && items.some(({ sku }) => sku === 'ps5') ? [buyerId] : [],
    );
  };

  const letGo = await pin(sale, spare++, one);
  let freeCase: (() => Promise<unknown>) | null = await pin(sale, spare++, { case: 1 });
  const turns = Array.from({ length: line }, (_, i) => half - line / 2 + i);
  for (const turn of shuffled(turns, random)) await standBy(turn, turn < half, random() < 0.3 ? set : one);
  // The windows of those on time end, too: who stood by in time stays in time.
  await pass();
  await sale.tick();
  await heldSince();
  await letGo();

  for (let holder: Standing | undefined; given.times < most; given.times += 1) {
    const next = firstOf([...standing.values()], nowMs, freeCase === null);
    expect(await heldSince(), `after ${given.times} times`).toEqual(next ? [buyerOf(next.turn)] : []);
    if (!next) break;
    standing.delete(next.turn);
    const before = [...standing.values()].filter((other) => isBefore(other, next));
    if (before.length > 0) given.passedOver += 1;
    if (next.items === set) given.sets += 1;
    if (next.missed) given.missed += 1;

    // Whoever let their hold lapse may come again, and is late then.
    if (holder && random() < 0.5) await standBy(holder.turn, true, random() < 0.3 ? set : one);
    if (freeCase && random() < 0.2) {
      await freeCase();
      freeCase = null;
    } else if (!freeCase && next.items !== set && spare < 2 * half && random() < 0.3) {
      freeCase = await pin(sale, spare++, { case: 1 });
    }
    for (const alive of standing.values()) if (random() < 0.02) alive.isGhost = true;
    await pass();
    await sale.tick();
    holder = next;
  }
  return given;
}

test('the last unit goes within one tick to the first living one on standby whose request fits', async () => {
  const all = { times: 0, sets: 0, missed: 0, passedOver: 0 };
  while (all.times < wanted) {
    const given = await handDown(wanted - all.times);
    expect(given.times).toBeGreaterThan(0);
    for (const name of Object.keys(all) as (keyof typeof all)[]) all[name] += given[name];
  }
  expect(all.times).toBe(wanted);
  // Each of these has to happen now and then, or the order was never put to the test.
  for (const count of [all.sets, all.missed, all.passedOver]) expect(count).toBeGreaterThan(wanted / 20);
}, 600_000);

test('a pause longer than claimSeconds makes nobody miss', async () => {
  const count = Math.min(wanted, 1_000);
  const sale = await testSale({
    method: 'fifo',
    units: { ps5: count },
    perMinute: count * 60,
    claimMs,
    holdMs: 60_000,
  });
  const { saleId } = sale;
  const turns = Array.from({ length: count }, (_, turn) => turn);
  await Promise.all(turns.map((turn) => sale.places.take({ saleId, epoch: 1, buyerId: buyerOf(turn) })));
  expect((await sale.tick()).serving).toBe(count);
  await sale.pass(claimMs - 1);
  await sale.settlement.command(saleId, 'pause');
  await sale.pass(10 * claimMs);
  await sale.settlement.command(saleId, 'resume');
  expect((await sale.tick()).missedBelow).toBe(0);
  const outcomes = await Promise.all(turns.map((turn) => sale.reserve(buyerOf(turn), one, turn)));
  expect(outcomes.filter(({ kind }) => kind === 'held')).toHaveLength(count);
});
