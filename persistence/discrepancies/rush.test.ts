import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dice } from '../fixtures/dice.ts';
import { testHouse } from '../fixtures/test-house.ts';
import { createLog } from '../log.ts';
import type { Discrepancy } from './discrepancy.ts';
import { lookOnce } from './find.ts';

let house: Awaited<ReturnType<typeof testHouse>>;
beforeAll(async () => {
  house = await testHouse();
});
afterAll(() => house.close());

const buyersAtOnce = 40;
const looks = 20;

test('in the middle of a rush nothing that is under way is called a discrepancy, by not even one look', async () => {
  const sale = await house.openSale(30, { holdSeconds: 1, perBuyerLimit: 1 });
  const { id } = sale.config;
  const next = dice(7);
  const workers = await Promise.all([house.startWorker(), house.startWorker()]);
  let isOver = false;
  const untilOver = async (pass: () => Promise<unknown>) => {
    while (!isOver) await pass();
  };
  const buyOnce = async () => {
    await sleep(next() * 200);
    // Whoever finds nothing left stands by, and may find a unit in their hands.
    const hold = await house.hold(sale).catch(() => null);
    if (!hold) return;
    await sleep(next() * 200);
    const choice = next();
    if (choice < 0.1) await house.pay(hold);
    else if (choice < 0.3) await house.pay(hold, 'tok_declined');
    else if (choice < 0.7) await house.engine.desk.release(hold.reservationId, hold.buyerId);
  };
  const tick = async () => {
    await house.engine.runOnce();
    await sleep(50);
  };
  const rush = [untilOver(tick), ...Array.from({ length: buyersAtOnce }, () => untilOver(buyOnce))];

  const parts = {
    rows: house.database.pool,
    reports: house.reports,
    settlement: house.settlement,
    log: createLog('silent'),
  };
  const positions = new Set<string | undefined>();
  const found: Discrepancy[] = [];
  for (let look = 0; look < looks; look++) {
    const looked = await lookOnce(parts, id);
    expect(looked?.redis).toBe('compared');
    found.push(...(looked?.discrepancies ?? []));
    positions.add((await house.settlement.observe(id))?.through);
    // As long as anything is left, there is a rush.
    await house.sales.patch(id, { items: [{ sku: 'ps5', units: 35 + look * 5 }] });
  }
  isOver = true;
  await Promise.all(rush);
  await Promise.all(workers.map((worker) => worker.close()));
  expect(found).toEqual([]);
  // It moved on between looks, and so in the middle of them.
  expect(positions.size).toBeGreaterThan(looks / 2);
}, 120_000);
