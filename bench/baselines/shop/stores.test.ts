import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { testDatabase, testRedisUrl } from '../../../supervisor/fixtures/stores.ts';
import { pgRowLock } from '../pg-row-lock/store.ts';
import { redisLock } from '../redis-lock/store.ts';
import { watchMulti } from '../watch-multi/store.ts';
import { evalStore } from './eval-store.ts';
import type { Store } from './store.ts';

const stores: Record<string, () => Promise<Store>> = {
  'pg-row-lock': async () => {
    const { url, drop } = await testDatabase();
    onTestFinished(drop);
    return pgRowLock(url);
  },
  'redis-lock': () => redisLock(testRedisUrl()),
  'watch-multi': () => watchMulti(testRedisUrl()),
  eval: () => evalStore(testRedisUrl()),
};

const deadlineMs = 1_800_000_000_000;

async function selling(name: string, units: number) {
  const store = await (stores[name] as () => Promise<Store>)();
  const saleId = `opponent-${randomBytes(6).toString('hex')}`;
  const stock = { saleId, sku: 'ps5', units };
  await store.sell(stock);
  let holds = 0;
  const reserve = (buyerId: string) =>
    store.reserve({ id: `${saleId}-${++holds}`, saleId, buyerId, sku: 'ps5', quantity: 1, deadlineMs });
  return { store, stock, reserve };
}

// An opponent that is fast because it sells too much, or twice to one buyer, is none.
test.each(Object.keys(stores))('%s sells what there is, whoever comes at once, and says so', async (name) => {
  const { store, stock, reserve } = await selling(name, 20);
  const outcomes = await Promise.all(Array.from({ length: 50 }, (_, buyer) => reserve(`buyer-${buyer}`)));
  expect(outcomes.filter(({ kind }) => kind === 'held')).toHaveLength(20);
  expect(outcomes.filter(({ kind }) => kind === 'sold_out')).toHaveLength(30);
  expect(await store.taken(stock)).toEqual({ units: 20, holds: 20 });
  await store.close();
});

test.each(Object.keys(stores))('%s gives a buyer who comes again the hold that they have', async (name) => {
  const { store, stock, reserve } = await selling(name, 5);
  const first = await reserve('buyer');
  expect(first).toMatchObject({ kind: 'held', fresh: true, deadlineMs });
  expect(await reserve('buyer')).toEqual({ ...first, fresh: false });
  expect(await store.taken(stock)).toEqual({ units: 1, holds: 1 });
  await store.close();
});
