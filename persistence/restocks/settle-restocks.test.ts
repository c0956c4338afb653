import { afterAll, beforeAll, expect, test } from 'vitest';
import { orderIdOf } from '../../engine/contracts/ids.ts';
import type { Settlement } from '../../engine/surface.ts';
import { eventually } from '../fixtures/eventually.ts';
import { testHouse } from '../fixtures/test-house.ts';
import { createLog } from '../log.ts';
import { buyerOrdersOn } from '../orders/buyer-orders.ts';
import { createPool } from '../postgres/pool.ts';
import { settleRestocks } from './settle-restocks.ts';

const log = createLog('silent');
let house: Awaited<ReturnType<typeof testHouse>>;
beforeAll(async () => {
  house = await testHouse();
});
afterAll(() => house.close());

/** Settles once, with a Redis that answers so about what is stuck. */
const settleWith = (stuck: () => ReturnType<Settlement['restock']>) =>
  settleRestocks({
    rows: house.database.pool,
    reports: house.reports,
    settlement: {
      ...house.settlement,
      restock: (restock) =>
        restock.returnId.startsWith('ret_stuck') ? stuck() : house.settlement.restock(restock),
    },
    log,
  }).catch((error: Error) => error.message);

/** So many returns of a sale of their own, and none that are older. */
async function stickReturns(count: number): Promise<void> {
  const sale = await house.openSale(1);
  await house.database.pool.query("DELETE FROM restocks WHERE restock_id LIKE 'ret_stuck%'");
  await house.database.pool.query(
    `INSERT INTO restocks (restock_id, buyer_id, sku, order_id, sale_id, reservation_id, quantity, state)
     SELECT 'ret_stuck_' || n, 'ben', 'ps5', 'ord_' || n, $1, 'rsv_' || n, 1, 'to_sale'
     FROM generate_series(1, $2::integer) AS n`,
    [sale.config.id, count],
  );
}

async function restockOf(id: string) {
  const { rows } = await house.database.pool.query<{ state: string; looks: number; pause: number }>(
    `SELECT state, looks, extract(epoch FROM looks_again_at - now())::float AS pause
     FROM restocks WHERE restock_id = $1`,
    [id],
  );
  return rows[0];
}

const refuses = async () => ({ kind: 'not_sold', state: null }) as const;
const fails = async () => {
  throw new Error('this sale is being rebuilt');
};

test.each([
  ['refuses', refuses],
  ['fails at', fails],
])('200 returns that Redis %s keep none waiting that come later', async (_, stuck) => {
  const sale = await house.openSale(2);
  const worker = await house.startWorker();
  const held = await house.hold(sale);
  await house.pay(held);
  const orderId = orderIdOf(held.reservationId);
  await eventually(async () => (await house.orders.order(orderId, held.buyerId))?.status).toBe('confirmed');
  await eventually(async () => (await house.settlement.snapshot(sale.config.id))?.stock[0]?.sold).toBe(1);
  await worker.close();
  await stickReturns(200);
  await buyerOrdersOn(house.database.pool, 60_000).cancel(orderId, held.buyerId, {}, 'cancel');
  await settleWith(stuck);
  await settleWith(stuck);
  expect(await restockOf(orderId)).toMatchObject({ state: 'in_sale' });
});

test('what Redis does not take is looked at again after a pause that grows, however many workers look', async () => {
  await stickReturns(1);
  let lookers = 0;
  // Each has found it before one of them has put it off.
  const together = async () => {
    lookers += 1;
    await eventually(() => lookers).toBe(3);
    return refuses();
  };
  await Promise.all([settleWith(together), settleWith(together), settleWith(together)]);
  expect(await restockOf('ret_stuck_1')).toMatchObject({ state: 'to_sale', looks: 1 });
  for (let looks = 2; looks <= 12; looks += 1) {
    await house.database.pool.query('UPDATE restocks SET looks_again_at = now()');
    await settleWith(refuses);
  }
  const { looks, pause } = (await restockOf('ret_stuck_1')) ?? { looks: 0, pause: 0 };
  expect(looks).toBe(12);
  expect(pause).toBeGreaterThan(20);
  expect(pause).toBeLessThanOrEqual(36);
});

test('what Redis does not take in the same moment is not offered again together', async () => {
  await stickReturns(20);
  // One connection in one transaction: its clock stands, so whatever differs is no time that has passed.
  const on = createPool(house.database.url, { connectionsMax: 1, name: 'test' });
  try {
    await on.query('BEGIN');
    await on.query("UPDATE restocks SET looks = 16 WHERE restock_id LIKE 'ret_stuck%'");
    await settleRestocks({
      rows: on,
      reports: on,
      settlement: { ...house.settlement, restock: refuses },
      log,
    });
    const { rows } = await on.query<{ pause: number }>(
      `SELECT extract(epoch FROM looks_again_at - now())::float AS pause
       FROM restocks WHERE restock_id LIKE 'ret_stuck%'`,
    );
    const pauses = rows.map((row) => row.pause);
    expect(new Set(pauses).size).toBe(20);
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(24);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(36);
  } finally {
    await on.query('ROLLBACK');
    await on.end();
  }
});
