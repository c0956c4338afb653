import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { testRedisUrl } from '../supervisor/fixtures/stores.ts';
import type { OrderStore, SaleRegister } from './contracts/ports.ts';
import type { QuoteStore } from './contracts/quote.ts';
import type { LiveSale } from './contracts/sale.ts';
import { engineOn } from './engine-on.ts';
import { testSale, testTokenSecret } from './fixtures/test-sale.ts';
import { placesKey } from './redis/keys.ts';
import { bucketOf, initialBuckets, placeKey, placeOf } from './waiting-room/places.ts';

/** A database of its own, because keys are damaged here. */
const redisUrl = testRedisUrl(8);

test('a place that cannot be taken back is told of by the next pass, and taken back once it can be', async () => {
  const sale = await testSale({ method: 'fifo', opensInMs: 3_600_000, redisUrl });
  const { saleId } = sale;
  const redis = new Redis(redisUrl);
  onTestFinished(() => redis.disconnect());
  const engine = engineOn(redis, {
    tokenSecret: testTokenSecret,
    orderStore: {} as OrderStore,
    saleRegister: {} as SaleRegister,
    paymentQueue: { wake: () => {} },
    quotes: {} as QuoteStore,
  });
  const live = (await engine.sales.find(saleId)) as LiveSale;
  const joined = await engine.waitingRoom.join(live, 'ana');
  expect(joined).toMatchObject({ kind: 'joined', ticket: { index: 0 } });

  const place = placeOf(placeKey(testTokenSecret, saleId), 'ana');
  const key = placesKey(saleId, bucketOf(place, initialBuckets));
  await redis.del(key);
  await redis.set(key, 'no hash');
  await sale.beginEpoch(2, { from: 1_000, to: 2_000 });

  /** What passes throw; one that was due may come in between. */
  const thrownBy = async (passes: number) => {
    for (let pass = 0; pass < passes; pass += 1) {
      try {
        await engine.runOnce();
      } catch (error) {
        return String(error);
      }
      // A place is taken back beside the pass, not within it.
      await redis.ping();
    }
    return null;
  };
  expect(await thrownBy(100)).toContain('WRONGTYPE');
  // And again, as long as it lasts.
  expect(await thrownBy(100)).toContain('WRONGTYPE');

  await redis.del(key);
  await expect
    .poll(async () => {
      await thrownBy(1);
      return engine.waitingRoom.find(live, 'ana');
    })
    .toMatchObject({ kind: 'place', place: { index: 0 } });
  // What failed before may be told once more.
  await thrownBy(1);
  expect(await thrownBy(10)).toBeNull();
});
