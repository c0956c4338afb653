import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { testRedisUrl } from '../../supervisor/fixtures/stores.ts';
import { tick } from '../admission/tick.ts';
import type { SaleRegister } from '../contracts/ports.ts';
import { testSale } from '../fixtures/test-sale.ts';
import { saleKey } from '../redis/keys.ts';
import { Directory } from './directory.ts';

/** Of no other gateway's sales, so nobody else reads their clocks. */
const redisUrl = testRedisUrl(6);

/** The directory of the only gateway there is, and how often it looked at each sale. */
function onlyDirectory() {
  const redis = new Redis(redisUrl);
  onTestFinished(() => redis.disconnect());
  const looks = new Map<string, number>();
  const directory = new Directory(
    redis,
    (saleId) => {
      looks.set(saleId, (looks.get(saleId) ?? 0) + 1);
      return tick(redis, saleId);
    },
    {} as SaleRegister,
  );
  return { directory, looks };
}

test('the clock of a quiet sale keeps up where nobody but one gateway reads it', async () => {
  const sale = await testSale({ waitingOpensInMs: 3_000_000, opensInMs: 3_600_000, redisUrl });
  const { directory, looks } = onlyDirectory();
  // A pass is never earlier than it is due, and a little later.
  const passMs = 201;
  for (let pass = 0; pass < 225; pass += 1) {
    await sale.jump(passMs);
    await directory.runOnce();
  }
  const known = await directory.find(sale.saleId);
  expect(known?.snapshot.state).toBe('scheduled');
  expect(looks.get(sale.saleId)).toBeLessThan(60);
  const lateMs = sale.startMs + 225 * passMs - (known?.snapshot.nowMs ?? 0);
  expect(lateMs).toBeLessThan(2_000);
  expect(await sale.redis.hget(saleKey(sale.saleId), 'clockOffsetMs')).toBe('0');
});

test('a sale that has ended is looked at less often than one that is still to come', async () => {
  const sale = await testSale({ redisUrl });
  await sale.sell('ann');
  expect((await sale.tick()).state).toBe('sold_out');
  const { directory, looks } = onlyDirectory();
  for (let pass = 0; pass < 50; pass += 1) {
    await sale.jump(201);
    await directory.runOnce();
  }
  expect(looks.get(sale.saleId)).toBe(2);
});
