import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PaymentIntent } from '../../engine/contracts/ports.ts';
import type { LiveSale } from '../../engine/contracts/sale.ts';
import { inCrowds } from '../../engine/fixtures/in-crowds.ts';
import { damageOn } from '../fixtures/damage.ts';
import { saleWithAPast } from '../fixtures/sale-with-a-past.ts';
import { type Hold, item, newSale, testHouse } from '../fixtures/test-house.ts';
import { createLog } from '../log.ts';
import { relayAll } from '../outbox/relay.ts';
import { followRedis } from '../reconciliation/epochs.ts';
import { noteProgress } from '../reconciliation/progress.ts';
import { rebuildSale } from './rebuild-sale.ts';

const log = createLog('silent');
let house: Awaited<ReturnType<typeof testHouse>>;
let redis: Redis;
beforeEach(async () => {
  house = await testHouse();
  redis = new Redis(house.redis.url);
  redis.on('error', () => {});
});
afterEach(async () => {
  redis.disconnect();
  await house.close();
});

/** Where a sale lies in Redis. */
function saleKeyOf(id: string): string {
  const { keys, close } = damageOn(house.redis.url, house.database.pool, id);
  close();
  return keys.sale;
}

const parts = () => ({
  rows: house.database.pool,
  reports: house.reports,
  settlement: house.settlement,
  log,
});
const follow = (saleId: string) => followRedis(parts(), saleId);
const relay = (saleId: string) => relayAll(house.database.pool, house.settlement, log, saleId);
const request = { items: [{ sku: 'ps5', quantity: 1 }] };

async function reachable(): Promise<void> {
  for (;;) {
    try {
      await Promise.all([house.settlement.saleIds(), redis.ping()]);
      if ((await house.engine.unavailable()) === null) return;
    } catch {}
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const dataOf = () => join(house.redis.directory, 'redis');
async function stopRedis(): Promise<void> {
  await house.redis.process.stop(2_000);
}
async function startRedis(): Promise<void> {
  await house.redis.restart();
  await reachable();
}

/** Keeps a copy of Redis as it is now; the answer brings that copy back. */
async function copyRedis(): Promise<() => Promise<void>> {
  const copy = join(house.redis.directory, 'copy');
  await stopRedis();
  await cp(dataOf(), copy, { recursive: true });
  await startRedis();
  return async () => {
    await stopRedis();
    await rm(dataOf(), { recursive: true });
    await cp(copy, dataOf(), { recursive: true });
    await startRedis();
  };
}

const stateOf = async (hold: Hold) => {
  const found = await house.engine.desk.reservation(hold.reservationId, hold.buyerId);
  return found.kind === 'found' ? found.reservation.state : found.code;
};

const answerOf = (outcome: { kind: string; code?: string }) => outcome.code ?? outcome.kind;

async function payAndSettle(sale: LiveSale, hold: Hold): Promise<void> {
  const worker = await house.startWorker();
  expect((await house.pay(hold)).kind).toBe('pending');
  await expect.poll(() => stateOf(hold)).toBe('confirmed');
  await worker.close();
  await relay(sale.config.id);
}

async function expectSound(saleId: string) {
  await relay(saleId);
  const audit = await house.sales.audit(saleId);
  expect(audit).toMatchObject({ oversold: 0, undersold: 0, discrepancies: [] });
  return audit;
}

/** A sale with one reservation in each state: what the journal knows, and one that it never heard of. */
async function busySale() {
  const sale = await house.openSale(10, { perBuyerLimit: 1 });
  await follow(sale.config.id);
  const sold = await house.hold(sale);
  await payAndSettle(sale, sold);
  const held = await house.hold(sale);
  const paying = await house.hold(sale);
  const released = await house.hold(sale);
  await house.engine.desk.release(released.reservationId, released.buyerId);
  await relay(sale.config.id);
  expect((await house.pay(paying)).kind).toBe('pending');
  const unheard = await house.hold(sale);
  return { sale, id: sale.config.id, sold, held, paying, released, unheard };
}

test('an emptied Redis is rebuilt: holds, pins, sold units and limits are as they were', async () => {
  const { sale, id, sold, held, paying, released, unheard } = await busySale();
  const before = await house.engine.desk.reservation(held.reservationId, held.buyerId);
  const shippingAddress = { name: 'Ann', line1: '1', city: 'London', postalCode: '1', country: 'GB' };
  const { reprice } = house.engine.desk;
  await reprice(held.checkoutId, held.buyerId, { shippingAddress: { ...shippingAddress, city: 'Leeds' } });
  await reprice(held.checkoutId, held.buyerId, { shippingAddress });
  expect(await house.sales.patch(id, { perMinute: 100 })).toEqual({ kind: 'done' });
  await redis.flushall();
  await expect(house.hold(sale)).rejects.toThrow();
  await Promise.all([follow(id), follow(id), follow(id)]);
  expect(await follow(id)).toBe(2);
  // A change from before that one slept through the loss.
  expect(await house.settlement.reviseUnits(id, 0, 'ps5', 20)).toEqual({ kind: 'overtaken' });
  await house.engine.runOnce();

  expect(sale.snapshot.stock).toEqual([{ sku: 'ps5', units: 10, available: 7, held: 1, paying: 1, sold: 1 }]);
  expect(await house.engine.desk.reservation(held.reservationId, held.buyerId)).toEqual(before);
  expect(await house.engine.desk.checkout(held.checkoutId, held.buyerId)).toMatchObject({
    checkout: { shippingAddress },
  });
  expect(await Promise.all([sold, paying, released, unheard].map(stateOf))).toEqual([
    'confirmed',
    'paying',
    'released',
    'reservation_not_found',
  ]);
  expect(answerOf(await house.engine.desk.reserve(sale, sold.buyerId, request))).toBe('buyer_limit_reached');
  // What nobody had heard of is refused, and its buyer may reserve again.
  expect(answerOf(await house.pay(unheard))).toBe('checkout_not_found');
  await house.hold(sale, unheard.buyerId);

  await house.startWorker();
  await expect.poll(() => stateOf(paying)).toBe('confirmed');
  expect((await house.pay(held)).kind).toBe('pending');
  await expect.poll(() => stateOf(held)).toBe('confirmed');
  await expectSound(id);
});

test('an older copy of Redis is not believed: nothing is sold from it, and it is rebuilt', async () => {
  const sale = await house.openSale(3, { perBuyerLimit: 1 });
  const { id } = sale.config;
  await follow(id);
  const early = await house.hold(sale);
  const bringBack = await copyRedis();
  await follow(id);
  await house.engine.runOnce();
  await payAndSettle(sale, early);
  const late = await house.hold(sale);
  await relay(id);

  await bringBack();
  // Gateways believe in an epoch that the copy does not have, and the copy is of another life.
  await house.engine.runOnce();
  await expect(house.hold(sale)).rejects.toThrow();
  await expect(house.pay(early)).rejects.toThrow();
  await follow(id);
  await house.engine.runOnce();
  expect(sale.snapshot.stock).toEqual([{ sku: 'ps5', units: 3, available: 1, held: 1, paying: 0, sold: 1 }]);
  expect(await Promise.all([early, late].map(stateOf))).toEqual(['confirmed', 'held']);
  await expectSound(id);
});

/** A journaled hold, and a copy of Redis from then. */
async function copiedHold() {
  const sale = await house.openSale(1);
  const { id } = sale.config;
  await follow(id);
  const hold = await house.hold(sale);
  await relay(id);
  const bringBack = await copyRedis();
  await follow(id);
  await house.engine.runOnce();
  return { sale, id, hold, bringBack };
}

test('a restart that lost the pin of an accepted payment is rebuilt', async () => {
  const { sale, id, hold, bringBack } = await copiedHold();
  expect((await house.pay(hold)).kind).toBe('pending');

  await bringBack();
  await follow(id);
  await house.engine.runOnce();
  expect(await stateOf(hold)).toBe('paying');
  expect(sale.snapshot.stock).toMatchObject([{ available: 0, held: 0, paying: 1 }]);
  await expect(house.hold(sale)).rejects.toThrow('standby');
});

test('a restart that lost the hold of an order that waits for another card is rebuilt', async () => {
  const sale = await house.openSale(1);
  const { id } = sale.config;
  await follow(id);
  const bringBack = await copyRedis();
  await follow(id);
  await house.engine.runOnce();
  const hold = await house.hold(sale);
  expect((await house.pay(hold)).kind).toBe('pending');
  // As a worker settles it, without one that would bring the hold into the journal.
  await house.database.pool.query(
    "UPDATE payments SET state = 'declined', decline_code = 'card_declined', settled_at = now() WHERE sale_id = $1",
    [id],
  );

  await bringBack();
  await follow(id);
  await house.engine.runOnce();
  expect(await stateOf(hold)).toBe('held');
  expect(sale.snapshot.stock).toMatchObject([{ available: 0, held: 1, paying: 0 }]);
  await expectSound(id);
});

test('no payment slips in between a look at the pins and the epoch that follows', async () => {
  const { sale, id, hold, bringBack } = await copiedHold();
  let commit = () => {};
  const mayCommit = new Promise<void>((resolve) => {
    commit = resolve;
  });
  let intent: PaymentIntent | undefined;
  const orderStore = {
    ...house.orders,
    beginPayment: async (begun: PaymentIntent) => {
      intent = begun;
      await mayCommit;
      return house.orders.beginPayment(begun);
    },
  };
  const paying = house.payAt(hold, { orderStore });
  await expect.poll(() => intent).toBeDefined();

  await bringBack();
  const reservationStates: typeof house.settlement.reservationStates = async (...asked) => {
    const states = await house.settlement.reservationStates(...asked);
    commit();
    await paying;
    return states;
  };
  await followRedis({ ...parts(), settlement: { ...house.settlement, reservationStates } }, id);
  await house.engine.runOnce();
  expect(answerOf(await paying)).toBe('unavailable');
  expect(await stateOf(hold)).toBe('held');
  await payAndSettle(sale, hold);
  await expectSound(id);
});

test('a worker that slept while it rebuilt does not end the epoch of whoever did it meanwhile', async () => {
  const sale = await house.openSale(5);
  const { id } = sale.config;
  await follow(id);
  await redis.flushall();
  const { runId } = await house.settlement.life(id);
  let hold: Hold | undefined;
  const beginRebuild: typeof house.settlement.beginRebuild = async (...asked) => {
    const begun = await house.settlement.beginRebuild(...asked);
    for (const key of await redis.keys(`*{${id}}:sale`)) await redis.hset(key, 'builderHeardAtMs', 1);
    expect(await rebuildSale(parts(), id, runId, 1)).toBe(true);
    await house.engine.runOnce();
    hold = await house.hold(sale);
    return begun;
  };
  const slept = { ...parts(), settlement: { ...house.settlement, beginRebuild } };
  expect(await rebuildSale(slept, id, runId, 1)).toBe(false);
  await house.engine.runOnce();
  expect(sale.snapshot.epoch).toBe(2);
  await payAndSettle(sale, hold as Hold);
  await expectSound(id);
});

test('a builder that died before the clock was set back keeps nobody waiting', async () => {
  const sale = await house.openSale(5);
  const { id } = sale.config;
  await follow(id);
  await redis.flushall();
  const heardAtMs = Date.now() + 3_600_000;
  await redis.hset(saleKeyOf(id), { builder: 'build_dead', builderHeardAtMs: heardAtMs });
  expect(await follow(id)).toBe(2);
  await house.engine.runOnce();
  await house.hold(sale);
});

test('whoever reads the rows for longer than a builder may be silent is not taken over', async () => {
  const sale = await house.openSale(5);
  const { id } = sale.config;
  await follow(id);
  const hold = await house.hold(sale);
  await relay(id);
  await redis.flushall();
  const reader = await house.database.pool.connect();
  await reader.query('BEGIN');
  await reader.query('LOCK TABLE quotes IN ACCESS EXCLUSIVE MODE');
  let begun = 0;
  const beginRebuild: typeof house.settlement.beginRebuild = async (...asked) => {
    const answer = await house.settlement.beginRebuild(...asked);
    if (answer.kind === 'begun') begun += 1;
    return answer;
  };
  let isRead = false;
  const worker = async () => {
    do {
      await followRedis({ ...parts(), settlement: { ...house.settlement, beginRebuild } }, id);
      await sleep(50);
    } while (!isRead);
  };
  // The clock that a builder is judged by runs three times as fast: 21 s in 7.
  const [startMs, startedMs] = [Date.now(), performance.now()];
  const elapsedMs = () => Math.round(performance.now() - startedMs);
  const workers: Promise<void>[] = [];
  const saleKey = saleKeyOf(id);
  while (elapsedMs() < 7_000) {
    await redis.hset(saleKey, 'wallMs', startMs + 3 * elapsedMs());
    if (workers.length === 0) workers.push(worker(), worker());
    await sleep(50);
  }
  await reader.query('ROLLBACK');
  reader.release();
  isRead = true;
  await Promise.all(workers);
  expect([begun, await follow(id)]).toEqual([1, 2]);
  await house.engine.runOnce();
  expect(await stateOf(hold)).toBe('held');
});

test('events of a lost epoch that a relay had read come too late', async () => {
  const sale = await house.openSale(2);
  const { id } = sale.config;
  await follow(id);
  const hold = await house.hold(sale);
  await relay(id);
  await house.engine.desk.release(hold.reservationId, hold.buyerId);
  const read = await house.settlement.outbox(id, '0-0', 100);
  await redis.flushall();
  await follow(id);
  const slept = { ...house.settlement, outbox: async () => read };
  await relayAll(house.database.pool, slept, log, id);
  await house.engine.runOnce();
  expect(await stateOf(hold)).toBe('held');
  await house.engine.desk.release(hold.reservationId, hold.buyerId);
  expect((await expectSound(id))?.items).toMatchObject([{ available: 2, held: 0 }]);
});

test('where a hold looks alive and its unit was sold to another since, the sale of it counts', async () => {
  const sale = await house.openSale(1);
  const { id } = sale.config;
  await follow(id);
  const lapsed = await house.hold(sale);
  await relay(id);
  // All of this is decided and committed; the outbox is lost before the relay comes by.
  await house.engine.desk.release(lapsed.reservationId, lapsed.buyerId);
  const winner = await house.hold(sale);
  expect((await house.pay(winner)).kind).toBe('pending');
  await redis.flushall();
  await follow(id);
  await house.engine.runOnce();
  expect(sale.snapshot.stock).toEqual([{ sku: 'ps5', units: 1, available: 0, held: 0, paying: 1, sold: 0 }]);
  expect(await Promise.all([lapsed, winner].map(stateOf))).toEqual(['expired', 'paying']);
  await house.startWorker();
  await expect.poll(() => stateOf(winner)).toBe('confirmed');
  await expectSound(id);
});

test('a waiting room goes on: no index twice, who was called is called, the rest in their order', async () => {
  const created = newSale({ method: 'fifo', items: [item(6)], perMinute: 60_000, claimSeconds: 600 });
  await house.sales.create(created);
  await house.engine.runOnce();
  const sale = (await house.engine.sales.find(created.id)) as LiveSale;
  await follow(sale.config.id);
  const join = async (buyerId: string) => {
    const joined = await house.engine.waitingRoom.join(sale, buyerId);
    if (joined.kind === 'refused') throw new Error(joined.code);
    return joined.ticket;
  };
  const first = await Promise.all(Array.from({ length: 20 }, (_, i) => join(`buyer-${i}`)));
  await house.engine.runOnce();
  expect(sale.snapshot.serving).toBe(6);
  await noteProgress(house.database.pool, house.settlement, sale.config.id);
  const reserve = (at: number) =>
    house.engine.desk.reserve(sale, `buyer-${at}`, { ...request, ticket: first[at]?.ticket ?? '' });
  const earliest = first.findIndex(({ turn }) => turn === 0);
  const outcome = await reserve(earliest);
  if (outcome.kind !== 'held') throw new Error(answerOf(outcome));
  // A payment under way brakes the pace by its age, and does so in the next epoch, too.
  const hold = { buyerId: `buyer-${earliest}`, ...outcome.reserved } as unknown as Hold;
  expect((await house.pay(hold)).kind).toBe('pending');
  await relay(sale.config.id);

  await redis.flushall();
  await follow(sale.config.id);
  await house.engine.runOnce();
  expect(sale.snapshot).toMatchObject({ epoch: 2, state: 'open', serving: 6 });
  // Everybody whom the journal knows has their place; whoever is new joins behind all who were ever there.
  expect(await Promise.all(first.map((_, i) => join(`buyer-${i}`)))).toMatchObject(
    first.map(({ ticket, index }) => ({ ticket, index })),
  );
  expect(answerOf(await reserve(first.findIndex(({ turn }) => turn === 1)))).toBe('held');
  expect(answerOf(await reserve(first.findIndex(({ turn }) => turn === 10)))).toBe('not_your_turn');
  const later = await Promise.all(Array.from({ length: 5 }, (_, i) => join(`later-${i}`)));
  const issued = [...first, ...later].map(({ index }) => index);
  expect(new Set(issued).size).toBe(issued.length);
  // Vacant turns cost no pace: as soon as there are units, those behind them are called.
  await house.settlement.adjustUnits(sale.config.id, 'ps5', 30);
  await house.engine.runOnce();
  await house.engine.runOnce();
  const last = Math.max(...later.map(({ turn }) => turn ?? 0));
  expect(sale.snapshot.serving).toBe(last + 1);
});

test('places come back as the journal has them, however often they were lost', async () => {
  const created = newSale({ method: 'fifo' });
  await house.sales.create(created);
  await house.engine.runOnce();
  const sale = (await house.engine.sales.find(created.id)) as LiveSale;
  const { waitingRoom } = house.engine;
  await follow(created.id);
  const join = async (buyerId: string, shown = {}) => {
    const joined = await waitingRoom.join(sale, buyerId, shown);
    if (joined.kind === 'refused') throw new Error(joined.code);
    return joined.ticket;
  };
  // More than the buckets of an empty room take.
  const buyers = Array.from({ length: 4_000 }, (_, i) => `buyer-${i}`);
  const first = await inCrowds(buyers, (buyer) => join(buyer));
  await waitingRoom.leave(sale, 'buyer-7');
  await waitingRoom.leave(sale, 'buyer-8');
  const again = await join('buyer-8');
  await relay(created.id);
  // Let in by a gateway that dies with Redis: nobody but the buyer knows.
  const dying = await house.openGateway();
  await dying.runOnce();
  const lateJoin = await dying.waitingRoom.join((await dying.sales.find(created.id)) as LiveSale, 'late');
  if (lateJoin.kind === 'refused') throw new Error(lateJoin.code);
  const late = lateJoin.ticket;
  await dying.close();
  // Let in by one that lives.
  const later = await join('later');
  const inItsBucket = async (place: Buffer, does: (key: string) => Promise<unknown>) => {
    for (const key of await redis.keys('*:places:*')) if (await redis.hexists(key, place)) await does(key);
  };
  const lose = async () => {
    await redis.flushall();
    await follow(created.id);
    await house.engine.runOnce();
  };
  await lose();
  await lose();

  const found = await inCrowds(buyers, async (buyer) => {
    const answer = await waitingRoom.status(sale, buyer);
    return answer.kind === 'refused' ? answer.code : answer.status.index;
  });
  const expected = first.map(({ index }, at) =>
    at === 8 ? again.index : at === 7 ? 'ticket_not_found' : index,
  );
  expect(found).toEqual(expected);
  expect(await waitingRoom.status(sale, 'later')).toMatchObject({ status: { index: later.index } });
  // Who came after the relay was there last has the ticket.
  expect(await waitingRoom.status(sale, 'late')).toMatchObject({ code: 'ticket_not_found' });
  expect(await join('late', { ticket: late.ticket })).toMatchObject({ index: late.index });
  await relay(created.id);
  await lose();
  expect(await join('late')).toMatchObject({ ticket: late.ticket });
  expect(await join('buyer-3999')).toMatchObject({ ticket: first.at(-1)?.ticket });
  // An older copy: it has a place that was given up since, and lacks one that was taken since.
  const left = await join('buyer-9');
  await waitingRoom.leave(sale, 'buyer-9');
  await relay(created.id);
  for await (const part of house.settlement.entrants(created.id)) {
    for (const { index, place } of part) {
      if (index === left.index) await inItsBucket(place, (key) => redis.hset(key, place, index));
      if (index === first[10]?.index) await inItsBucket(place, (key) => redis.hdel(key, place));
    }
  }
  const { runId } = await house.settlement.life(created.id);
  expect(await rebuildSale(parts(), created.id, runId, sale.snapshot.epoch)).toBe(true);
  await house.engine.runOnce();
  expect((await join('buyer-9')).index).toBeGreaterThan(left.index);
  expect(await join('buyer-10')).toMatchObject({ ticket: first[10]?.ticket });
});

test('a turn that was given up is nobody’s after a loss, either', async () => {
  const created = newSale({ method: 'fifo', items: [item(6)], perMinute: 60_000, claimSeconds: 600 });
  await house.sales.create(created);
  await house.engine.runOnce();
  const sale = (await house.engine.sales.find(created.id)) as LiveSale;
  const { waitingRoom, desk } = house.engine;
  await follow(created.id);
  const join = async (buyerId: string) => {
    const joined = await waitingRoom.join(sale, buyerId);
    if (joined.kind === 'refused') throw new Error(joined.code);
    return joined.ticket;
  };
  const [first, other] = [await join('ann'), await join('bob')];
  await waitingRoom.leave(sale, 'ann');
  const second = await join('ann');
  await waitingRoom.leave(sale, 'ann');
  const third = await join('ann');
  await relay(created.id);
  await redis.flushall();
  await follow(created.id);
  for (let tick = 0; tick < 2; tick++) await house.engine.runOnce();
  expect(sale.snapshot.serving).toBeGreaterThan(third.index);
  const answers = [];
  for (const [buyer, { ticket }] of [
    ['ann', first],
    ['ann', second],
    ['ann', third],
    ['bob', other],
  ] as const) {
    answers.push(answerOf(await desk.reserve(sale, buyer, { ...request, ticket })));
  }
  expect(answers).toEqual(['turn_used', 'turn_used', 'held', 'held']);
});

test('a turn that bought is used, and said to have bought, where its hold was never journaled', async () => {
  const sale = await house.openSale(10, {
    ...{ method: 'fifo', perBuyerLimit: 2, perMinute: 60_000, claimSeconds: 60 },
  });
  const { id } = sale.config;
  const { waitingRoom, desk } = house.engine;
  await follow(id);
  const joined = await waitingRoom.join(sale, 'ann');
  if (joined.kind === 'refused') throw new Error(joined.code);
  const { ticket } = joined.ticket;
  const called = () =>
    expect
      .poll(async () => {
        await house.engine.runOnce();
        return sale.snapshot.serving;
      })
      .toBeGreaterThan(0);
  await called();
  await relay(id);
  const held = await desk.reserve(sale, 'ann', { ticket, ...request });
  if (held.kind !== 'held') throw new Error(answerOf(held));
  const { reservation, checkoutId } = held.reserved;
  const hold = { buyerId: 'ann', reservationId: reservation.id, checkoutId } as Hold;
  // Paid within the tenth of a second that the relay takes.
  expect((await house.pay(hold)).kind).toBe('pending');
  await redis.flushall();
  await follow(id);
  await house.engine.runOnce();
  const worker = await house.startWorker();
  await expect.poll(() => stateOf(hold)).toBe('confirmed');
  await worker.close();
  await called();
  expect(answerOf(await desk.reserve(sale, 'ann', { ticket, ...request }))).toBe('turn_used');
  expect(await waitingRoom.status(sale, 'ann')).toMatchObject({ status: { state: 'bought' } });
});

test('whoever comes back is called, and nobody waits for those who are nobody', async () => {
  const created = newSale({ method: 'fifo', items: [item(6)], perMinute: 60_000, claimSeconds: 600 });
  await house.sales.create(created);
  await house.engine.runOnce();
  const sale = (await house.engine.sales.find(created.id)) as LiveSale;
  const { waitingRoom } = house.engine;
  await follow(created.id);
  const join = async (buyerId: string, shown = {}) => {
    const joined = await waitingRoom.join(sale, buyerId, shown);
    if (joined.kind === 'refused') throw new Error(joined.code);
    return joined.ticket;
  };
  const stateOfTicket = async (buyerId: string) => {
    // Twice: what the first one learns of the room, the second one calls by.
    for (let tick = 0; tick < 2; tick++) await house.engine.runOnce();
    const answer = await waitingRoom.status(sale, buyerId);
    return answer.kind === 'refused' ? answer.code : answer.status.state;
  };
  const lose = async () => {
    await redis.flushall();
    await follow(created.id);
    await house.engine.runOnce();
  };
  await join('ann');
  await relay(created.id);
  const { ticket } = await join('bob');
  await lose();
  await join('bob', { ticket });
  expect(await stateOfTicket('bob')).toBe('your_turn');
  // Between the three lie two blocks of indices that were skipped.
  await join('cyd');
  await relay(created.id);
  await lose();
  await join('dan');
  expect(await Promise.all(['ann', 'bob', 'cyd', 'dan'].map(stateOfTicket))).toEqual(
    Array(4).fill('your_turn'),
  );
});

test('what a restart skipped is waited for by nobody, also after a loss', async () => {
  const created = newSale({ method: 'fifo', items: [item(6)], perMinute: 60_000, claimSeconds: 600 });
  await house.sales.create(created);
  await house.engine.runOnce();
  const sale = (await house.engine.sales.find(created.id)) as LiveSale;
  await follow(created.id);
  const join = async (buyerId: string) => {
    const joined = await house.engine.waitingRoom.join(sale, buyerId);
    if (joined.kind === 'refused') throw new Error(joined.code);
    return joined.ticket;
  };
  const restart = async () => {
    await stopRedis();
    await startRedis();
    await follow(created.id);
    await house.engine.runOnce();
    await noteProgress(house.database.pool, house.settlement, created.id);
  };
  const lose = async () => {
    await redis.flushall();
    await follow(created.id);
    await house.engine.runOnce();
  };
  const comes = async (buyerId: string) => {
    await join(buyerId);
    await relay(created.id);
    // Twice: what the first one learns of the room, the second one calls by.
    for (let tick = 0; tick < 2; tick++) await house.engine.runOnce();
    const answer = await house.engine.waitingRoom.status(sale, buyerId);
    return answer.kind === 'refused' ? answer.code : answer.status.state;
  };
  // Before anybody came, and then after one, who is known to the journal before the next loss.
  await restart();
  await lose();
  expect(await comes('ann')).toBe('your_turn');
  await restart();
  await lose();
  expect(await comes('bob')).toBe('your_turn');
  await lose();
  expect(await comes('cyd')).toBe('your_turn');
  expect(sale.snapshot.entrants).toBe(3);
});

test('indices that nobody had noted are not issued again', async () => {
  const created = newSale({ method: 'fifo' });
  await house.sales.create(created);
  await house.engine.runOnce();
  const sale = (await house.engine.sales.find(created.id)) as LiveSale;
  await follow(created.id);
  const join = async (buyerId: string) => {
    const joined = await house.engine.waitingRoom.join(sale, buyerId);
    if (joined.kind === 'refused') throw new Error(joined.code);
    return joined.ticket.index;
  };
  const issued = [await join('ann'), await join('bob')];
  await noteProgress(house.database.pool, house.settlement, created.id);
  issued.push(await join('cat'), await join('dan'));
  await redis.flushall();
  await follow(created.id);
  await house.engine.runOnce();
  issued.push(await join('eve'), await join('fay'), await join('gil'));
  expect(new Set(issued).size).toBe(7);
});

test('what is decided until a rebuild begins is not lost with it', async () => {
  const sale = await house.openSale(3);
  const { id } = sale.config;
  await follow(id);
  const hold = await house.hold(sale);
  const { runId } = await house.settlement.life(id);
  expect(await rebuildSale(parts(), id, runId, 1)).toBe(true);
  await house.engine.runOnce();
  expect(await stateOf(hold)).toBe('held');
  await expectSound(id);
});

test('what came back stays back, and every order of a buyer counts', async () => {
  const { sale, id, sold } = await saleWithAPast(house);
  const [{ buyerId }] = sold as [Hold];
  const again = await house.hold(sale, buyerId);
  await payAndSettle(sale, again);
  await redis.flushall();
  await follow(id);
  await house.engine.runOnce();
  // Four of its past and this one; what was cancelled is not among them.
  expect(sale.snapshot.stock).toMatchObject([{ units: 10, paying: 0, sold: 5 }]);
  // Three a buyer, and two are bought.
  const two = { items: [{ sku: 'ps5', quantity: 2 }] };
  expect(answerOf(await house.engine.desk.reserve(sale, buyerId, two))).toBe('buyer_limit_reached');
  await house.hold(sale, buyerId);
});
