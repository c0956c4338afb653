import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestPostgres, type TemporaryStore } from '../../supervisor/fixtures/temporary-stores.ts';
import { droppingProxy } from '../fixtures/dropping-proxy.ts';
import { testIntent } from '../fixtures/test-intent.ts';
import { committedUnits, insertSale, testPool } from '../fixtures/test-sale.ts';
import { createLog } from '../log.ts';
import { migrate } from '../migrations/migrate.ts';
import { isAway } from '../postgres/errors.ts';
import { createPool } from '../postgres/pool.ts';
import { orderStoreOn } from './order-store.ts';

const log = createLog('silent');

test('a commit whose answer was lost is found by its key, and has one effect', async () => {
  const database = await testPool();
  await insertSale(database.pool, 'lost', { ps5: 10 });
  const proxy = await droppingProxy(database.url);
  const pool = createPool(proxy.url, { connectionsMax: 2, name: 'test' });
  const store = orderStoreOn(pool, log);
  await store.beginPayment(testIntent({ saleId: 'lost' }));
  proxy.dropNextAnswer();
  const intents = Array.from({ length: 5 }, () => testIntent({ saleId: 'lost' }));
  const outcomes = await Promise.all(intents.map((intent) => store.beginPayment(intent)));
  expect(proxy.dropped()).toBe(1);
  expect(outcomes).toEqual(Array(5).fill({ kind: 'accepted' }));
  expect(await committedUnits(database.pool, 'lost')).toEqual({ ps5: 6 });
  await pool.end();
  proxy.close();
  await database.close();
});

let postgres: TemporaryStore;
beforeAll(async () => {
  postgres = await startTestPostgres();
  await migrate(postgres.url);
});
afterAll(() => postgres.remove());

test('while Postgres is away a payment is neither begun nor refused, and afterwards the same key begins it', async () => {
  const pool = createPool(postgres.url, { connectionsMax: 2, name: 'test' });
  await insertSale(pool, 'away', { ps5: 10 });
  const store = orderStoreOn(pool, log);
  await store.beginPayment(testIntent({ saleId: 'away' }));
  const intents = Array.from({ length: 4 }, () => testIntent({ saleId: 'away' }));
  await postgres.process.stop(5_000);
  const settled = await Promise.allSettled(intents.map((intent) => store.beginPayment(intent)));
  expect(settled.map((one) => one.status === 'rejected' && isAway(one.reason))).toEqual(Array(4).fill(true));
  await postgres.restart();
  const outcomes = await Promise.all(intents.map((intent) => store.beginPayment(intent)));
  expect(outcomes).toEqual(Array(4).fill({ kind: 'accepted' }));
  expect(await committedUnits(pool, 'away')).toEqual({ ps5: 5 });
  await pool.end();
});
