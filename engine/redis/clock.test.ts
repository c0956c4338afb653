import { expect, test } from 'vitest';
import { testSale } from '../fixtures/test-sale.ts';
import { saleKey } from './keys.ts';

test('without a clock of its own a sale goes by the wall clock of Redis, in ms', async () => {
  const sale = await testSale();
  await sale.redis.hdel(saleKey(sale.saleId), 'wallMs', 'clockLastMs', 'clockOffsetMs');
  for (let i = 0; i < 20; i++) {
    const beforeMs = Date.now();
    const { nowMs } = await sale.tick();
    expect(nowMs).toBeGreaterThanOrEqual(beforeMs);
    expect(nowMs).toBeLessThanOrEqual(Date.now());
    await new Promise((resolve) => setTimeout(resolve, 7));
  }
});
