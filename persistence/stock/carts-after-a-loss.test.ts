import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OrderId, orderIdOf } from '../../engine/contracts/ids.ts';
import { generalStockId } from '../../engine/contracts/sale.ts';
import type { Checkout } from '../../engine/contracts/wire/checkout.ts';
import { eventually } from '../fixtures/eventually.ts';
import { testHouse } from '../fixtures/test-house.ts';
import { createLog } from '../log.ts';
import { relayAll } from '../outbox/relay.ts';
import { followRedis } from '../reconciliation/epochs.ts';

const log = createLog('silent');
let house: Awaited<ReturnType<typeof testHouse>>;
beforeAll(async () => {
  house = await testHouse();
});
afterAll(() => house.close());

const usd = (amount: number) => ({ amount, currency: 'USD' });
const put = (amount: number) =>
  house.stock.put('ps5', { title: 'PlayStation 5', price: usd(amount), units: 5 });
const relay = () => relayAll(house.database.pool, house.settlement, log, generalStockId);

async function initiate(buyerId: string, quantity: number): Promise<Checkout> {
  const lines = [{ sku: 'ps5', quantity, unitPrice: usd(49_900) }];
  const readCart = async () => ({ lines, checkOut: async () => {} });
  const outcome = await house.engine.desk.initiate(buyerId, readCart, {});
  if (outcome.kind === 'refused') throw new Error(JSON.stringify(outcome));
  return outcome.checkout;
}

test('a Redis that lost everything has what shoppers hold again, at the price that was said', async () => {
  await put(49_900);
  const held = await initiate('ann', 1);
  const replaced = await initiate('bob', 1);
  const second = await initiate('bob', 2);
  await put(59_900);
  await relay();

  const redis = new Redis(house.redis.url);
  await redis.flushall();
  redis.disconnect();
  await followRedis(
    { rows: house.database.pool, reports: house.reports, settlement: house.settlement, log },
    generalStockId,
  );
  await house.engine.runOnce();
  expect((await house.settlement.snapshot(generalStockId))?.stock).toMatchObject([
    { sku: 'ps5', units: 5, available: 2, held: 3, paying: 0, sold: 0 },
  ]);

  const checkout = (id: string, buyerId: string) =>
    house.engine.desk.checkout(id as `chk_${string}`, buyerId);
  const { purchaseToken: _, ...said } = held;
  await eventually(() => checkout(held.checkoutId, 'ann')).toMatchObject({ kind: 'found', checkout: said });
  expect(await checkout(replaced.checkoutId, 'bob')).toMatchObject({
    checkout: { reservation: { state: 'released' } },
  });
  expect((await initiate('bob', 2)).checkoutId).toBe(second.checkoutId);

  const worker = await house.startWorker();
  const checkoutId = held.checkoutId as `chk_${string}`;
  const reservationId = held.reservation.id as `rsv_${string}`;
  expect(await house.pay({ buyerId: 'ann', checkoutId, reservationId })).toMatchObject({ kind: 'pending' });
  const orderId: OrderId = orderIdOf(checkoutId);
  await eventually(async () => await house.orders.order(orderId, 'ann')).toMatchObject({
    status: 'confirmed',
    total: usd(49_900),
  });
  await eventually(async () => (await house.settlement.snapshot(generalStockId))?.stock[0]?.sold).toBe(1);
  await worker.close();
  await relay();
  expect(await house.sales.audit(generalStockId)).toMatchObject({
    oversold: 0,
    undersold: 0,
    discrepancies: [],
  });
});
