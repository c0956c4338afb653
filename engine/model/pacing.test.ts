import { expect, test } from 'vitest';
import { newId } from '../contracts/ids.ts';
import { inCrowds } from '../fixtures/in-crowds.ts';
import { type TestSaleOptions, testSale } from '../fixtures/test-sale.ts';
import { floorKeys } from '../redis/keys.ts';
import { nextRequestId, run, script } from '../redis/scripts.ts';
import { seeded } from './seeded.ts';

/** Minutes of the sale's clock that are looked at; `PACED_MINUTES=20` is the long run. */
const minutes = Number(process.env.PACED_MINUTES ?? 3);
/** Units of the scarce sale; `SCARCE_UNITS=1000` is the long run. */
const scarceUnits = Number(process.env.SCARCE_UNITS ?? 200);
const random = seeded(Number(process.env.PACED_SEED ?? 1));

const noShows = 0.3;
const perMinute = 600;
const claimMs = 10_000;
const lookMs = 500;
/** Windows that the estimate has to see end. */
const settlingMs = 60_000;
const buyerOf = (turn: number) => `buyer-${turn}`;

async function roomOf(entrants: number, options: TestSaleOptions) {
  const sale = await testSale({ method: 'fifo', perMinute, claimMs, ...options });
  const { saleId } = sale;
  const buyers = Array.from({ length: entrants }, (_, turn) => buyerOf(turn));
  await inCrowds(buyers, (buyerId) => sale.places.take({ saleId, epoch: 1, buyerId }));
  let nowMs = sale.startMs;
  return {
    ...sale,
    /** Another look of whoever ticks, so much later; the turns that were called by it. */
    async *looks(forMs: number): AsyncGenerator<{ sinceMs: number; called: number[]; state: string }> {
      let { serving } = await sale.tick();
      let called = Array.from({ length: serving }, (_, turn) => turn);
      for (let sinceMs = 0; sinceMs < forMs; sinceMs += lookMs) {
        await sale.jump(lookMs);
        nowMs += lookMs;
        const snapshot = await sale.tick();
        for (let turn = serving; turn < snapshot.serving; turn++) called.push(turn);
        serving = snapshot.serving;
        yield { sinceMs: nowMs - sale.startMs, called, state: snapshot.state };
        called = [];
      }
    },
  };
}

/** What is to happen at which moment of the sale's clock. */
class Plans {
  readonly #plans: { atMs: number; run: () => Promise<unknown> }[] = [];

  at(atMs: number, run: () => Promise<unknown>): void {
    this.#plans.push({ atMs, run });
  }

  async due(nowMs: number): Promise<void> {
    const isDue = ({ atMs }: { atMs: number }) => atMs <= nowMs;
    const due = this.#plans.filter(isDue);
    const later = this.#plans.filter((plan) => !isDue(plan));
    this.#plans.splice(0, this.#plans.length, ...later);
    await Promise.all(due.map(({ run }) => run()));
  }
}

test('with 30 % no-shows and ample stock as many arrive a minute as were asked for', async () => {
  const measuredMs = minutes * 60_000;
  const sale = await roomOf(Math.ceil(minutes + 2) * perMinute * 2, {
    units: { ps5: 1_000_000 },
    holdMs: 3_600_000,
  });
  const plans = new Plans();
  const arrivals = Array<number>(minutes).fill(0);
  let nobody = 0;
  for await (const { sinceMs, called } of sale.looks(settlingMs + measuredMs)) {
    for (const turn of called) {
      if (random() < noShows) nobody += 1;
      else {
        plans.at(sinceMs + random() * claimMs * 0.9, async () => {
          await sale.hold(buyerOf(turn), { ps5: 1 }, turn);
        });
      }
    }
    const before = (await sale.tick()).stock[0]?.held ?? 0;
    await plans.due(sinceMs);
    const came = ((await sale.tick()).stock[0]?.held ?? 0) - before;
    const minute = Math.floor((sinceMs - settlingMs) / 60_000);
    if (minute >= 0 && minute < minutes) arrivals[minute] = (arrivals[minute] ?? 0) + came;
  }
  console.log(`arrivals a minute, ${perMinute} asked for: ${arrivals.join(', ')}`);
  expect(nobody).toBeGreaterThan(0);
  for (const count of arrivals) expect(Math.abs(count - perMinute)).toBeLessThanOrEqual(perMinute / 10);
}, 600_000);

test('scarce stock sells out to the last unit, with no-shows, latecomers and holds that lapse', async () => {
  const sale = await roomOf(scarceUnits * 4, {
    units: { ps5: scarceUnits },
    perMinute: scarceUnits * 4,
    holdMs: 20_000,
  });
  const { saleId } = sale;
  const plans = new Plans();
  const onSocket = new Set<number>();
  const seen = { walkedAway: 0, late: 0, stoodBy: 0 };

  const pay = async (turn: number) => {
    const { reservation } = await sale.turnStatus({ saleId, buyerId: buyerOf(turn), turn });
    if (reservation?.state !== 'held') return;
    const pin = { reservationId: reservation.id, paymentId: newId('pay') };
    await sale.beginPayment({ saleId, epoch: 1, buyerId: buyerOf(turn), ...pin });
    await sale.settle.confirm(saleId, [pin]);
    onSocket.delete(turn);
  };
  const come = async (turn: number, sinceMs: number) => {
    const outcome = await sale.reserve(buyerOf(turn), { ps5: 1 }, turn);
    if (outcome.kind === 'standby') {
      seen.stoodBy += 1;
      onSocket.add(turn);
    } else if (outcome.kind === 'held') {
      if (random() < 0.2) seen.walkedAway += 1;
      else plans.at(sinceMs + 1_000 + random() * 3_000, () => pay(turn));
    } else expect(outcome).toMatchObject({ code: 'sold_out' });
  };

  let state = 'open';
  let sinceMs = 0;
  for await (const look of sale.looks(1_800_000)) {
    ({ state, sinceMs } = look);
    const nowMs = sinceMs;
    for (const turn of look.called) {
      if (random() < noShows) continue;
      const isLate = random() < 0.1;
      if (isLate) seen.late += 1;
      plans.at(nowMs + (isLate ? claimMs + 5_000 : random() * claimMs * 0.9), () => come(turn, nowMs));
    }
    await plans.due(nowMs);
    if (onSocket.size > 0 && nowMs % 5_000 === 0) {
      // A socket answers pings, and takes what it is given.
      const living = [...onSocket];
      const args = [nextRequestId(), ...living.map(buyerOf)];
      await run(sale.redis, script('waiting-room/signs-of-life'), floorKeys(saleId), args);
      await Promise.all(living.map(pay));
    }
    if (state === 'sold_out') break;
  }
  console.log(
    `${scarceUnits} units sold out after ${sinceMs / 1_000} s of the sale: ${JSON.stringify(seen)}`,
  );
  expect(state).toBe('sold_out');
  expect(await sale.where()).toBe(`0 available, 0 held, 0 paying, ${scarceUnits} sold`);
  expect(Math.min(seen.walkedAway, seen.late)).toBeGreaterThan(0);
}, 600_000);
