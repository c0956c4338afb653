import { afterAll, expect, test } from 'vitest';
import { testRedisUrl } from '../../supervisor/fixtures/stores.ts';
import { testSale } from '../fixtures/test-sale.ts';
import { connected } from '../redis/connection.ts';
import { reserver } from './reserve.ts';

test('the rush of one sale does not stand before another sale of the same gateway', async () => {
  const redis = await connected(testRedisUrl());
  afterAll(() => redis.disconnect());
  const decide = reserver(redis);
  const rush = await testSale({ units: { ps5: 1_000 } });
  const quiet = await testSale();
  const request = ({ saleId, config }: typeof rush, buyerId: string) => ({
    ...{ saleId, saleNumber: config.number, epoch: 1, buyerId, turn: null },
    items: [{ sku: 'ps5', quantity: 1 }],
  });
  let answered = 0;
  const crowd = Array.from({ length: 1_000 }, async (_, i) => {
    const decision = await decide(request(rush, `buyer-${i}`));
    answered += 1;
    return decision;
  });
  expect(await decide(request(quiet, 'ann'))).toMatchObject({ kind: 'held' });
  // The call of the rush that was on its way, and the next one at most: of five.
  expect(answered).toBeLessThanOrEqual(400);
  expect((await Promise.all(crowd)).filter(({ kind }) => kind === 'held')).toHaveLength(1_000);
});
