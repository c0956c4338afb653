import { afterAll, beforeAll, expect, test } from 'vitest';
import { damageOn } from '../fixtures/damage.ts';
import { type Hold, testHouse } from '../fixtures/test-house.ts';
import { createLog } from '../log.ts';
import { relayOnce } from '../outbox/relay.ts';
import { statement } from '../postgres/statement.ts';
import { quoteStoreOn } from '../quotes/quote-store.ts';
import { type SaleRow, unpublished } from '../sales/sale-row.ts';
import { followRedis } from './epochs.ts';
import { publishRevisions } from './unpublished-revisions.ts';

const log = createLog('silent');
const readSale = statement<SaleRow>('read-sale');
let house: Awaited<ReturnType<typeof testHouse>>;
beforeAll(async () => {
  house = await testHouse();
});
afterAll(() => house.close());

const follow = (saleId: string) =>
  followRedis(
    { rows: house.database.pool, reports: house.reports, settlement: house.settlement, log },
    saleId,
  );

/** Waits until the connections have found the Redis that came back. */
async function reachable(): Promise<void> {
  while ((await house.engine.unavailable()) !== null) await new Promise((resolve) => setTimeout(resolve, 10));
  for (;;) {
    try {
      await house.settlement.saleIds();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

async function restartRedis(): Promise<void> {
  house.redis.process.kill();
  await house.redis.restart();
  await reachable();
}

/** Follows Redis; the answer is whether the sale was rebuilt for it. */
async function isRebuilt(saleId: string): Promise<boolean> {
  let isBegun = false;
  const beginRebuild: typeof house.settlement.beginRebuild = (...args) => {
    isBegun = true;
    return house.settlement.beginRebuild(...args);
  };
  const { rows, reports } = { rows: house.database.pool, reports: house.reports };
  await followRedis({ rows, reports, settlement: { ...house.settlement, beginRebuild }, log }, saleId);
  return isBegun;
}

/** Says where a hold is to be sent, and with it what it costs. */
const say = ({ checkoutId, buyerId }: Hold, city: string, { desk } = house.engine) =>
  desk.reprice(checkoutId, buyerId, {
    shippingAddress: { name: 'Ann', line1: '1', city, postalCode: '1', country: 'GB' },
  });

async function cityOf({ checkoutId, buyerId }: Hold) {
  const found = await house.engine.desk.checkout(checkoutId, buyerId);
  return found.kind === 'found' ? found.checkout.shippingAddress?.city : found.code;
}

test('a Redis that was restarted begins another epoch, once; holds and sales go on', async () => {
  const sale = await house.openSale(5);
  const { id } = sale.config;
  const hold = await house.hold(sale);
  expect(await follow(id)).toBe(1);
  expect(await follow(id)).toBe(1);

  await restartRedis();
  expect(await Promise.all([follow(id), follow(id), follow(id)])).toEqual([2, 2, 2]);
  await house.engine.runOnce();
  expect(sale.snapshot).toMatchObject({ epoch: 2, stock: [{ available: 4, held: 1 }] });
  expect(await house.pay(hold)).toMatchObject({ kind: 'pending' });
});

test('what a relay had read of one life of Redis is not journaled once the sale is in another', async () => {
  const sale = await house.openSale(5);
  const { id } = sale.config;
  await follow(id);
  await house.hold(sale);
  const read = await house.settlement.outbox(id, '0-0', 100);
  const slept = { ...house.settlement, outbox: async () => read };

  await restartRedis();
  expect(await follow(id)).toBe(2);
  expect(await relayOnce(house.database.pool, slept, log, id)).toEqual({ kind: 'overtaken' });
  // This Redis has lost none of it, and says so itself.
  expect(await relayOnce(house.database.pool, house.settlement, log, id)).toMatchObject({
    kind: 'relayed',
    events: read.events.length,
  });
});

test('a sale that was published late, into a Redis that had lost it, is not believed', async () => {
  const sale = await house.openSale(5);
  const { id } = sale.config;
  await follow(id);
  await house.hold(sale);
  await relayOnce(house.database.pool, house.settlement, log, id);
  const [row] = (await readSale(house.database.pool, [id])) as [SaleRow];

  const { redis } = damageOn(house.redis.url, house.database.pool, id);
  await redis.flushall();
  redis.disconnect();
  await restartRedis();
  await house.settlement.publishSale(unpublished(row));
  expect(await relayOnce(house.database.pool, house.settlement, log, id)).toEqual({ kind: 'overtaken' });
  expect(await isRebuilt(id)).toBe(true);
  await house.engine.runOnce();
  expect(sale.snapshot).toMatchObject({ epoch: 2, stock: [{ available: 4, held: 1 }] });
  const { rows } = await house.database.pool.query(
    "SELECT type FROM reservation_events WHERE sale_id = $1 AND type = 'sale.created'",
    [id],
  );
  expect(rows).toHaveLength(1);
});

test('what an operator changed is published again to another life of Redis, which may have lost it', async () => {
  const sale = await house.openSale(1);
  const { id } = sale.config;
  await follow(id);
  expect(await house.sales.patch(id, { items: [{ sku: 'ps5', units: 4 }] })).toEqual({ kind: 'done' });
  // Nobody had relayed the change when Redis fell back: its position is not behind that of Postgres.
  await house.settlement.adjustUnits(id, 'ps5', 1);
  await restartRedis();
  expect(await follow(id)).toBe(2);
  expect(await publishRevisions(house.database.pool, house.settlement, log, 0)).toBe(1);
  expect((await house.settlement.snapshot(id))?.stock).toMatchObject([{ units: 4, available: 4 }]);
});

test('a price that was said and that a restarted Redis has lost is what the hold costs', async () => {
  const sale = await house.openSale(5);
  const { id } = sale.config;
  const [changed, unchanged] = [await house.hold(sale), await house.hold(sale)];
  await follow(id);
  await say(unchanged, 'Leeds');
  await say(changed, 'Leeds');
  // Redis falls back to before the last change: no event was lost with it, so its stream is whole.
  const { redis, keys, close } = damageOn(house.redis.url, house.database.pool, id);
  const before = (await redis.hgetBuffer(keys.reservations, changed.reservationId)) as Buffer;
  await say(changed, 'London');
  await redis.hset(keys.reservations, changed.reservationId, before);
  close();
  await restartRedis();
  await follow(id);
  await house.engine.runOnce();
  expect([await cityOf(changed), await cityOf(unchanged)]).toEqual(['London', 'Leeds']);
  expect(sale.snapshot.stock).toMatchObject([{ available: 3, held: 2 }]);
});

test('a Redis that falls back after it was looked at does not take the epoch, and is looked at again', async () => {
  const sale = await house.openSale(5);
  const { id } = sale.config;
  const hold = await house.hold(sale);
  await follow(id);
  await say(hold, 'Leeds');
  const copy = damageOn(house.redis.url, house.database.pool, id);
  const before = (await copy.redis.hgetBuffer(copy.keys.reservations, hold.reservationId)) as Buffer;
  copy.close();
  await say(hold, 'London');
  await restartRedis();
  const answers: unknown[] = [];
  const beginEpoch: typeof house.settlement.beginEpoch = async (...args) => {
    const { redis, keys, close } = damageOn(house.redis.url, house.database.pool, id);
    await redis.hset(keys.reservations, hold.reservationId, before);
    close();
    await restartRedis();
    const answer = await house.settlement.beginEpoch(...args);
    answers.push(answer);
    return answer;
  };
  const { rows, reports } = { rows: house.database.pool, reports: house.reports };
  await followRedis({ rows, reports, settlement: { ...house.settlement, beginEpoch }, log }, id);
  expect(answers).toEqual([{ kind: 'restarted' }]);
  expect(await isRebuilt(id)).toBe(true);
  await house.engine.runOnce();
  expect(await cityOf(hold)).toBe('London');
});

test('a restart that kept every price that was said rebuilds nothing', async () => {
  const sale = await house.openSale(5);
  const { id } = sale.config;
  const hold = await house.hold(sale);
  await follow(id);
  await say(hold, 'Leeds');
  await restartRedis();
  expect(await isRebuilt(id)).toBe(false);
});

test('which price was said last does not depend on the clocks of gateways', async () => {
  const sale = await house.openSale(5);
  const { id } = sale.config;
  const hold = await house.hold(sale);
  await follow(id);
  const store = quoteStoreOn(house.database.pool);
  const ahead = await house.openGateway({
    quotes: {
      ...store,
      keep(quote) {
        const ms = Number.parseInt(quote.quoteId.slice(4, 16), 16) + 2_000;
        const quoteId = `qte_${ms.toString(16).padStart(12, '0')}${quote.quoteId.slice(16)}` as const;
        return store.keep(Object.assign(quote, { quoteId }));
      },
    },
  });
  await say(hold, 'Leeds', ahead);
  await ahead.close();
  await say(hold, 'London');
  await restartRedis();
  expect(await isRebuilt(id)).toBe(false);
  expect(await cityOf(hold)).toBe('London');

  // What Redis has lost altogether comes back as it was said last, too.
  const emptied = damageOn(house.redis.url, house.database.pool, id);
  await emptied.redis.del(emptied.keys.sale);
  emptied.close();
  expect(await isRebuilt(id)).toBe(true);
  await house.engine.runOnce();
  expect(await cityOf(hold)).toBe('London');
});

test('of two changes of a price that crossed, the one that Redis heard last stays in a restart', async () => {
  const sale = await house.openSale(5);
  const { id } = sale.config;
  const hold = await house.hold(sale);
  await follow(id);
  const store = quoteStoreOn(house.database.pool);
  let goOn = () => {};
  const mayGoOn = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  let committed = () => {};
  const isCommitted = new Promise<void>((resolve) => {
    committed = resolve;
  });
  const slow = await house.openGateway({
    quotes: {
      ...store,
      async keep(quote) {
        await store.keep(quote);
        committed();
        await mayGoOn;
      },
    },
  });
  const crossing = say(hold, 'Leeds', slow);
  await isCommitted;
  await say(hold, 'London');
  goOn();
  expect((await crossing).kind).toBe('found');
  await slow.close();
  await restartRedis();
  expect(await isRebuilt(id)).toBe(false);
  expect(await cityOf(hold)).toBe('Leeds');
});

test('an epoch that Redis did not hear of is told again', async () => {
  const sale = await house.openSale(5);
  const { id } = sale.config;
  await follow(id);
  await house.database.pool.query('UPDATE sales SET epoch = 2 WHERE id = $1', [id]);
  expect(await follow(id)).toBe(2);
  expect((await house.settlement.snapshot(id))?.epoch).toBe(2);
});
