import { expect, test } from 'vitest';
import { testSale } from '../fixtures/test-sale.ts';
import { floorKeys, saleKey, turnsKey } from '../redis/keys.ts';
import { nextRequestId, run, script } from '../redis/scripts.ts';

/** A sale that is being rebuilt, and every part of that: all of them write nothing here. */
async function saleInParts() {
  const sale = await testSale({ method: 'fifo' });
  const { redis, saleId, settlement } = sale;
  const begun = await settlement.beginRebuild(saleId, 2, '0-0');
  if (begun.kind !== 'begun') throw new Error(begun.kind);
  const part =
    (name: string, keys: string[], ...args: (string | number)[]) =>
    async (builder: string) =>
      (await run(redis, script(name), keys, [nextRequestId(), builder, ...args]))[1];
  const parts = [
    part('sale/keep-rebuild', [saleKey(saleId)]),
    part('waiting-room/restore-places', [saleKey(saleId)], 64),
    part('waiting-room/vacate-turns', [saleKey(saleId), turnsKey(saleId)]),
    part('sale/restore', floorKeys(saleId), 0),
  ];
  return { redis, saleId, settlement, builder: begun.builder, parts };
}

test('each part of a rebuild lets Redis hear of its builder, and of nobody else', async () => {
  const { redis, saleId, settlement, builder, parts } = await saleInParts();
  for (const part of parts) {
    const answers = [];
    for (const who of ['somebody else', builder]) {
      await redis.hset(saleKey(saleId), 'builderHeardAtMs', 0);
      answers.push([await part(who), (await settlement.life(saleId)).isBeingRebuilt]);
    }
    expect(answers).toEqual([
      [-1, false],
      [1, true],
    ]);
  }
});
