import { afterAll, beforeAll, expect, test } from 'vitest';
import { orderIdOf } from '../../engine/contracts/ids.ts';
import { generalStockId } from '../../engine/contracts/sale.ts';
import { RedisUnavailable } from '../../engine/index.ts';
import { eventually } from '../fixtures/eventually.ts';
import { item, newSale, testHouse } from '../fixtures/test-house.ts';
import { createLog } from '../log.ts';
import { buyerOrdersOn } from '../orders/buyer-orders.ts';
import { relayAll } from '../outbox/relay.ts';
import { followRedis } from '../reconciliation/epochs.ts';
import { publishRevisions } from '../reconciliation/unpublished-revisions.ts';
import { settleRestocks } from '../restocks/settle-restocks.ts';
import { createSale } from '../sales/create-sale.ts';
import { patchSale } from '../sales/patch-sale.ts';
import { giveBackUnsold } from './give-back.ts';
import { stockStoreOn } from './stock-store.ts';

const log = createLog('silent');
let house: Awaited<ReturnType<typeof testHouse>>;
beforeAll(async () => {
  house = await testHouse();
});
afterAll(() => house.close());

const price = { amount: 49_900, currency: 'USD' };
const put = (sku: string, units: number, settlement = house.settlement) =>
  stockStoreOn(house.database.pool, settlement, log).put(sku, { title: 'PlayStation 5', price, units });
const parts = () => ({
  rows: house.database.pool,
  reports: house.reports,
  settlement: house.settlement,
  log,
});
const repair = () => publishRevisions(house.database.pool, house.settlement, log, 0);
const relay = (saleId: string) => relayAll(house.database.pool, house.settlement, log, saleId);
const saleOf = (sku: string, units: number) => newSale({ items: [item(units, sku)] });
const create = (sku: string, units: number) => house.sales.create(saleOf(sku, units));

let named = 0;
/** A SKU of the test's own, of which stock has so many. */
async function stocked(units: number): Promise<string> {
  named += 1;
  const sku = `sku-${named}`;
  expect(await put(sku, units)).toMatchObject({
    kind: 'stocked',
    item: { units, available: units, held: 0 },
  });
  return sku;
}

async function unitsOf(sku: string): Promise<number | null> {
  const found = await house.stock.find(sku);
  return found && 'units' in found ? found.units : null;
}

const countOf = async (sku: string) =>
  (await house.settlement.snapshot(generalStockId))?.stock.find((count) => count.sku === sku);

/** All units of a SKU, wherever they are: by the rows, by Redis, and by the ledger. They never differ. */
async function everywhere(sku: string): Promise<number[]> {
  const { rows } = await house.database.pool.query(`SELECT sale_id, units FROM sale_items WHERE sku = $1`, [
    sku,
  ]);
  const inRedis = await Promise.all(
    rows.map(async ({ sale_id }) => {
      const snapshot = await house.settlement.snapshot(sale_id);
      return snapshot?.stock.find((count) => count.sku === sku)?.units ?? 0;
    }),
  );
  const { rows: posted } = await house.database.pool.query(
    `SELECT coalesce(sum(amount), 0)::integer AS units FROM ledger_entries
     WHERE account LIKE 'sale/%' AND asset = 'unit/' || $1`,
    [sku],
  );
  const sum = (counts: number[]) => counts.reduce((total, count) => total + count, 0);
  return [sum(rows.map(({ units }) => units)), sum(inRedis), posted[0].units];
}
const all = (units: number) => [units, units, units];

/** A Redis that takes or gives the units, and does not live to say so. */
const deaf = () => ({
  ...house.settlement,
  async adjustUnits(...args: Parameters<typeof house.settlement.adjustUnits>) {
    await house.settlement.adjustUnits(...args);
    throw new RedisUnavailable('no answer');
  },
});
/** A Redis that is away once stock's rows are committed. */
const forgetful = () => ({
  ...house.settlement,
  listItems: () => Promise.reject(new RedisUnavailable('away')),
});

/** Units of stock that a buyer holds. */
async function held(buyerId: string, sku: string, quantity: number) {
  const lines = [{ sku, quantity, unitPrice: price }];
  const readCart = async () => ({ lines, checkOut: async () => {} });
  const outcome = await house.engine.desk.initiate(buyerId, readCart, {});
  if (outcome.kind === 'refused') throw new Error(JSON.stringify(outcome));
  return {
    buyerId,
    checkoutId: outcome.checkout.checkoutId as `chk_${string}`,
    reservationId: outcome.checkout.reservation.id as `rsv_${string}`,
  };
}

async function closed(saleId: string): Promise<void> {
  expect(await house.sales.command(saleId, 'close')).toEqual({ kind: 'done', state: 'closed' });
  await relay(saleId);
}

test('a SKU is stocked, priced anew, and counted anew', async () => {
  expect(await house.stock.find('nothing')).toBeNull();
  const sku = await stocked(10);
  const dearer = { title: 'PlayStation 5 Pro', price: { amount: 79_900, currency: 'USD' }, units: 4 };
  expect(await house.stock.put(sku, dearer)).toMatchObject({ item: { ...dearer, sku, available: 4 } });
  expect((await house.settlement.sale(generalStockId))?.config.items).toContainEqual({
    sku,
    title: dearer.title,
    price: dearer.price,
  });
  expect(await everywhere(sku)).toEqual(all(4));
  expect((await house.sales.audit(generalStockId))?.discrepancies).toEqual([]);
});

test('nobody opens, closes or changes stock as if it were a sale, and none is called like it', async () => {
  await stocked(1);
  expect(await house.sales.command(generalStockId, 'close')).toMatchObject({ code: 'sale_not_found' });
  expect(await house.sales.patch(generalStockId, { title: 'x' })).toMatchObject({ code: 'sale_not_found' });
  for (const outcome of [
    house.sales.invite(generalStockId, ['ann']),
    house.sales.giveBeacon(generalStockId, 'ab'),
  ]) {
    expect(await outcome).toMatchObject({ code: 'sale_not_found' });
  }
  await house.engine.runOnce();
  expect(house.engine.sales.list().map(({ config }) => config.id)).not.toContain(generalStockId);
});

test('a sale takes its units out of stock, and what stock does not know it brings', async () => {
  const sku = await stocked(10);
  expect((await create(sku, 4)).kind).toBe('created');
  expect(await unitsOf(sku)).toBe(6);
  expect(await create(sku, 7)).toMatchObject({ code: 'insufficient_stock', members: { sku } });
  expect(await unitsOf(sku)).toBe(6);
  expect(await everywhere(sku)).toEqual(all(10));
  expect((await create('brought', 7)).kind).toBe('created');
  expect(await house.stock.find('brought')).toBeNull();
});

test('a sale whose name is taken, or that lacks one of two SKUs, takes nothing', async () => {
  const [one, other] = [await stocked(5), await stocked(5)];
  const sale = saleOf(one, 1);
  await house.sales.create(sale);
  expect(await house.sales.create(sale)).toMatchObject({ code: 'sale_exists' });
  const both = newSale({ items: [item(4, one), item(6, other)] });
  expect(await house.sales.create(both)).toMatchObject({
    code: 'insufficient_stock',
    members: { sku: other },
  });
  expect([await unitsOf(one), await unitsOf(other)]).toEqual([4, 5]);
  expect([await everywhere(one), await everywhere(other)]).toEqual([all(5), all(5)]);
});

test('of equal creations at once one takes its units, and the others are told that there is such a sale', async () => {
  const sku = await stocked(10);
  const sale = saleOf(sku, 6);
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => house.sales.create(sale)));
  expect(outcomes.filter(({ kind }) => kind === 'created')).toHaveLength(1);
  expect(outcomes.filter(({ kind }) => kind === 'refused')).toEqual(
    Array(19).fill({ kind: 'refused', code: 'sale_exists', field: 'id' }),
  );
  expect([await unitsOf(sku), await everywhere(sku)]).toEqual([4, all(10)]);
});

test('of many sales at once only as many get units as stock has', async () => {
  const sku = await stocked(10);
  const outcomes = await Promise.all(Array.from({ length: 8 }, () => create(sku, 3)));
  expect(outcomes.filter(({ kind }) => kind === 'created')).toHaveLength(3);
  expect(await unitsOf(sku)).toBe(1);
  expect(await everywhere(sku)).toEqual(all(10));
});

test('units that a running sale gains come from stock, and those that it loses go back', async () => {
  const sku = await stocked(10);
  const sale = saleOf(sku, 4);
  await house.sales.create(sale);
  const patch = (units: number) => house.sales.patch(sale.id, { items: [{ sku, units }] });
  expect(await patch(9)).toEqual({ kind: 'done' });
  expect(await unitsOf(sku)).toBe(1);
  expect(await patch(11)).toMatchObject({ code: 'insufficient_stock' });
  expect(await patch(2)).toEqual({ kind: 'done' });
  expect(await unitsOf(sku)).toBe(8);
  expect(await everywhere(sku)).toEqual(all(10));
  expect((await house.sales.audit(sale.id))?.discrepancies).toEqual([]);
  expect((await house.sales.audit(generalStockId))?.discrepancies).toEqual([]);
});

test('what nobody bought goes back once the last hold has ended, and once however many look', async () => {
  const sku = await stocked(10);
  const sale = saleOf(sku, 4);
  await house.sales.create(sale);
  const live = await house.engine.sales.find(sale.id);
  if (!live) throw new Error('no sale');
  const items = [{ sku, quantity: 1 }];
  const hold = await house.engine.desk.reserve(live, 'ann', { items });
  if (hold.kind !== 'held') throw new Error(JSON.stringify(hold));
  await closed(sale.id);
  await giveBackUnsold(parts());
  expect(await unitsOf(sku)).toBe(6);

  await house.engine.desk.release(hold.reserved.reservation.id as `rsv_${string}`, 'ann');
  await relay(sale.id);
  await Promise.all([1, 2, 3].map(() => giveBackUnsold(parts())));
  await giveBackUnsold(parts());
  expect(await unitsOf(sku)).toBe(10);
  expect(await everywhere(sku)).toEqual(all(10));
  const audit = await house.sales.audit(sale.id);
  expect(audit).toMatchObject({ items: [{ units: 0, available: 0 }], oversold: 0, undersold: 0 });
});

test('a worker that dies after the units left the sale in Redis loses none', async () => {
  const sku = await stocked(10);
  const sale = saleOf(sku, 4);
  await house.sales.create(sale);
  await closed(sale.id);
  expect(await house.settlement.giveBack(sale.id, [sku])).toEqual([{ sku, units: 0 }]);
  await giveBackUnsold(parts());
  await giveBackUnsold(parts());
  expect(await unitsOf(sku)).toBe(10);
  expect(await everywhere(sku)).toEqual(all(10));
});

test('an operator whose Redis took the units and never answered created no sale, and lost none', async () => {
  const sku = await stocked(10);
  await expect(createSale(house.database.pool, deaf(), log, saleOf(sku, 4))).rejects.toThrow('no answer');
  expect(await unitsOf(sku)).toBe(6);
  expect(await repair()).toBe(1);
  expect(await unitsOf(sku)).toBe(10);
  expect(await everywhere(sku)).toEqual(all(10));
});

test('units that stock gained and Redis has not heard of come later', async () => {
  const sku = await stocked(10);
  const sale = saleOf(sku, 4);
  await house.sales.create(sale);
  const patch = { items: [{ sku, units: 1 }] };
  expect(await patchSale(house.database.pool, forgetful(), log, sale.id, patch)).toEqual({ kind: 'done' });
  expect(await unitsOf(sku)).toBe(6);
  expect(await repair()).toBe(1);
  expect(await unitsOf(sku)).toBe(9);
  expect(await everywhere(sku)).toEqual(all(10));
});

test('a count that is said again before Redis has heard of it is the same count', async () => {
  const sku = await stocked(10);
  const worker = await house.startWorker();
  await house.pay(await held('buys', sku, 1));
  await eventually(async () => (await countOf(sku))?.sold).toBe(1);
  await worker.close();
  await held('holds', sku, 2);

  await put(sku, 30, forgetful());
  expect(await unitsOf(sku)).toBe(9);
  expect(await put(sku, 30)).toMatchObject({ item: { units: 30, available: 28, held: 2 } });
  expect(await everywhere(sku)).toEqual(all(31));

  await put(sku, 40, forgetful());
  expect(await put(sku, 20)).toMatchObject({ item: { units: 20, available: 18, held: 2 } });
  expect(await everywhere(sku)).toEqual(all(21));
});

test('fewer units that Redis took out and never answered are as few when that is said again', async () => {
  const sku = await stocked(10);
  await expect(put(sku, 4, deaf())).rejects.toThrow('no answer');
  expect(await unitsOf(sku)).toBe(4);
  expect(await put(sku, 4)).toMatchObject({ item: { units: 4, available: 4 } });
  expect(await everywhere(sku)).toEqual(all(4));
});

test('a count that is said after a sale died with its units is not more than was said', async () => {
  const sku = await stocked(10);
  await expect(createSale(house.database.pool, deaf(), log, saleOf(sku, 4))).rejects.toThrow('no answer');
  expect(await put(sku, 10)).toMatchObject({ item: { units: 10, available: 10 } });
  expect(await everywhere(sku)).toEqual(all(10));
});

test('a change of a running sale that is said again moves its units once', async () => {
  const sku = await stocked(10);
  const sale = saleOf(sku, 4);
  await house.sales.create(sale);
  const patch = (units: number, settlement = house.settlement) =>
    patchSale(house.database.pool, settlement, log, sale.id, { items: [{ sku, units }] });
  await expect(patch(9, deaf())).rejects.toThrow('no answer');
  expect(await patch(9)).toEqual({ kind: 'done' });
  expect([await unitsOf(sku), await everywhere(sku)]).toEqual([1, all(10)]);
  await patch(2, forgetful());
  expect(await unitsOf(sku)).toBe(1);
  expect(await patch(2)).toEqual({ kind: 'done' });
  await repair();
  expect([await unitsOf(sku), await everywhere(sku)]).toEqual([8, all(10)]);
});

test('units of an order whose end the rows have not heard of leave stock once they have', async () => {
  const sku = await stocked(5);
  const hold = await held('is declined', sku, 3);
  const worker = await house.startWorker();
  await house.pay(hold, 'tok_declined');
  await eventually(async () => (await countOf(sku))?.held).toBe(3);
  await worker.close();
  await house.engine.desk.release(hold.reservationId, hold.buyerId);

  expect(await put(sku, 1)).toMatchObject({ code: 'unavailable', retryAfterSeconds: 1 });
  expect(await create(sku, 4)).toMatchObject({ code: 'unavailable', retryAfterSeconds: 1 });
  expect([await unitsOf(sku), await everywhere(sku)]).toEqual([5, all(5)]);
  await relay(generalStockId);
  expect(await put(sku, 1)).toMatchObject({ item: { units: 1, available: 1 } });
  expect(await everywhere(sku)).toEqual(all(1));
});

test('a count waits for units that are on their way back, and has them in it', async () => {
  const sku = await stocked(10);
  const sale = saleOf(sku, 4);
  await house.sales.create(sale);
  const live = await house.engine.sales.find(sale.id);
  if (!live) throw new Error('no sale');
  const outcome = await house.engine.desk.reserve(live, 'of the sale', { items: [{ sku, quantity: 1 }] });
  if (outcome.kind !== 'held') throw new Error(JSON.stringify(outcome));
  const ofSale = { buyerId: 'of the sale', checkoutId: outcome.reserved.checkoutId as `chk_${string}` };
  const ofStock = await held('of stock', sku, 1);
  const worker = await house.startWorker();
  for (const hold of [ofSale, ofStock]) {
    await house.pay({ ...hold, reservationId: `rsv_${hold.checkoutId.slice(4)}` });
    const order = () => house.orders.order(orderIdOf(hold.checkoutId), hold.buyerId);
    await eventually(async () => (await order())?.status).toBe('confirmed');
  }
  await eventually(async () => (await countOf(sku))?.sold).toBe(1);
  await eventually(async () => (await house.settlement.snapshot(sale.id))?.stock[0]?.sold).toBe(1);
  await worker.close();

  const buyerOrders = buyerOrdersOn(house.database.pool, 60_000);
  const cancel = ({ checkoutId, buyerId }: typeof ofSale) =>
    buyerOrders.cancel(orderIdOf(checkoutId), buyerId, {}, 'cancel');
  const waits = { code: 'unavailable', retryAfterSeconds: 1 };

  // One of stock's own, and one of a sale: that is none of stock's business before the sale has ended.
  await cancel(ofStock);
  expect(await put(sku, 6)).toMatchObject(waits);
  await settleRestocks(parts());
  expect(await put(sku, 6)).toMatchObject({ item: { units: 6 } });
  await cancel(ofSale);
  expect(await put(sku, 6)).toMatchObject({ item: { units: 6 } });
  await closed(sale.id);
  await giveBackUnsold(parts());
  expect(await put(sku, 10)).toMatchObject(waits);
  await settleRestocks(parts());
  expect(await put(sku, 10)).toMatchObject({ item: { units: 10 } });
  await settleRestocks(parts());
  expect(await unitsOf(sku)).toBe(10);
});

test('a count waits for what an ended sale has left, which is not counted on top of it', async () => {
  const waits = { code: 'unavailable', retryAfterSeconds: 1 };
  const sku = 'brought-and-left';
  const sale = saleOf(sku, 7);
  await house.sales.create(sale);
  await closed(sale.id);
  // Known from now on, so that they can come.
  expect(await put(sku, 10)).toMatchObject(waits);
  expect(await put(sku, 10)).toMatchObject(waits);
  await giveBackUnsold(parts());
  expect(await unitsOf(sku)).toBe(7);
  expect(await put(sku, 10)).toMatchObject({ item: { units: 10 } });
  await giveBackUnsold(parts());
  expect([await unitsOf(sku), await everywhere(sku)]).toEqual([10, all(10)]);
});

test('a count waits as long as a hold of an ended sale keeps its units from coming back', async () => {
  const sku = await stocked(10);
  const sale = saleOf(sku, 4);
  await house.sales.create(sale);
  const live = await house.engine.sales.find(sale.id);
  if (!live) throw new Error('no sale');
  const hold = await house.engine.desk.reserve(live, 'holds on', { items: [{ sku, quantity: 1 }] });
  if (hold.kind !== 'held') throw new Error(JSON.stringify(hold));
  // While it is running, its units are none of stock's.
  expect(await put(sku, 5)).toMatchObject({ item: { units: 5 } });
  await closed(sale.id);
  await giveBackUnsold(parts());
  expect(await put(sku, 9)).toMatchObject({ code: 'unavailable', retryAfterSeconds: 1 });
  expect(await put(sku, 5)).toMatchObject({ item: { units: 5 } });
  await house.engine.desk.release(hold.reserved.reservation.id as `rsv_${string}`, 'holds on');
  await relay(sale.id);
  await giveBackUnsold(parts());
  expect(await put(sku, 9)).toMatchObject({ item: { units: 9 } });
  await giveBackUnsold(parts());
  expect([await unitsOf(sku), await everywhere(sku)]).toEqual([9, all(9)]);
});

test('a return that Redis does not take keeps nobody from changing a price, nor from counting for good', async () => {
  const sku = await stocked(10);
  const hold = await held('returns in vain', sku, 1);
  const worker = await house.startWorker();
  await house.pay(hold);
  const orderId = orderIdOf(hold.reservationId);
  await eventually(async () => (await house.orders.order(orderId, hold.buyerId))?.status).toBe('confirmed');
  await eventually(async () => (await countOf(sku))?.sold).toBe(1);
  await worker.close();
  await buyerOrdersOn(house.database.pool, 60_000).cancel(orderId, hold.buyerId, {}, 'cancel');
  const restock = async () => ({ kind: 'not_sold', state: null }) as const;
  const inVain = () => settleRestocks({ ...parts(), settlement: { ...house.settlement, restock } });
  await inVain();

  const named = { title: 'PlayStation 5 Slim', price: { amount: 39_900, currency: 'USD' } };
  expect(await house.stock.put(sku, { ...named, units: 9 })).toMatchObject({
    kind: 'stocked',
    item: { ...named, units: 9 },
  });
  expect(await put(sku, 12)).toMatchObject({ code: 'unavailable', retryAfterSeconds: 1 });
  await house.database.pool.query("UPDATE restocks SET refused_since = refused_since - interval '6 minutes'");
  await inVain();
  expect(await put(sku, 12)).toMatchObject({ item: { units: 12, available: 12 } });
  // Left as it was for the tests that follow.
  await house.database.pool.query('UPDATE restocks SET looks_again_at = now()');
  await settleRestocks(parts());
});

test('a price that Redis has not heard of is told to it later, though no unit moved', async () => {
  const sku = await stocked(10);
  const dearer = { title: 'PlayStation 5', price: { amount: 59_900, currency: 'USD' }, units: 10 };
  await stockStoreOn(house.database.pool, forgetful(), log).put(sku, dearer);
  const priced = async () =>
    (await house.settlement.sale(generalStockId))?.config.items.find((one) => one.sku === sku)?.price.amount;
  expect(await priced()).toBe(49_900);
  expect(await repair()).toBe(1);
  expect(await priced()).toBe(59_900);
});

test('a Redis that lost everything gets stock back as the rows have it', async () => {
  const sku = await stocked(10);
  await create(sku, 4);
  await relay(generalStockId);
  await house.settlement.snapshot(generalStockId);
  const { Redis } = await import('ioredis');
  const redis = new Redis(house.redis.url);
  await redis.flushall();
  redis.disconnect();
  const { rows } = await house.database.pool.query('SELECT id FROM sales');
  for (const { id } of rows) await followRedis(parts(), id);
  expect(await unitsOf(sku)).toBe(6);
  expect(await everywhere(sku)).toEqual(all(10));
});

test('what a sale has left comes back though Redis was away for long after its end', async () => {
  const sku = await stocked(10);
  const sale = saleOf(sku, 4);
  await house.sales.create(sale);
  await closed(sale.id);
  await house.database.pool.query(
    "UPDATE sale_relays SET relayed_at = now() - interval '3 hours' WHERE sale_id = $1",
    [sale.id],
  );
  const { Redis } = await import('ioredis');
  const redis = new Redis(house.redis.url);
  await redis.flushall();
  redis.disconnect();
  const worker = await house.startWorker();
  await eventually(() => unitsOf(sku)).toBe(10);
  await worker.close();
  expect(await everywhere(sku)).toEqual(all(10));
});

test('what a buyer gives back after the end of a sale is in stock once', async () => {
  const sku = await stocked(10);
  const sale = saleOf(sku, 4);
  await house.sales.create(sale);
  const live = await house.engine.sales.find(sale.id);
  if (!live) throw new Error('no sale');
  const outcome = await house.engine.desk.reserve(live, 'ann', { items: [{ sku, quantity: 1 }] });
  if (outcome.kind !== 'held') throw new Error(JSON.stringify(outcome));
  const checkoutId = outcome.reserved.checkoutId as `chk_${string}`;
  const reservationId = outcome.reserved.reservation.id as `rsv_${string}`;
  const worker = await house.startWorker();
  await house.pay({ buyerId: 'ann', checkoutId, reservationId });
  const orderId = orderIdOf(checkoutId);
  await eventually(async () => (await house.orders.order(orderId, 'ann'))?.status).toBe('confirmed');
  await eventually(async () => (await house.settlement.snapshot(sale.id))?.stock[0]?.sold).toBe(1);
  expect(await house.sales.command(sale.id, 'close')).toEqual({ kind: 'done', state: 'closed' });
  await eventually(() => unitsOf(sku)).toBe(9);

  const buyerOrders = buyerOrdersOn(house.database.pool, 60_000);
  expect(await buyerOrders.cancel(orderId, 'ann', {}, 'cancel-1')).toMatchObject({ kind: 'done' });
  await eventually(() => unitsOf(sku)).toBe(10);
  await worker.close();
  await settleRestocks(parts());
  expect(await unitsOf(sku)).toBe(10);
  expect((await house.sales.audit(sale.id))?.discrepancies).toEqual([]);
  expect((await house.sales.audit(generalStockId))?.discrepancies).toEqual([]);
  const { rows } = await house.database.pool.query(
    `SELECT account, sum(amount)::integer AS units FROM ledger_entries
     WHERE account LIKE 'sale/%' AND asset = 'unit/' || $1 GROUP BY account HAVING sum(amount) <> 0`,
    [sku],
  );
  expect(rows).toEqual([{ account: `sale/${generalStockId}/stock`, units: 10 }]);
});
