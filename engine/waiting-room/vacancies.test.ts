import { expect, test } from 'vitest';
import { testSale } from '../fixtures/test-sale.ts';

/** Three people, a restart that skips to index 1,000, and two more. */
async function roomWithAGap(method: 'fifo' | 'queue' = 'fifo') {
  const sale = await testSale({
    method,
    units: { ps5: 50 },
    perMinute: 6_000,
    claimMs: 60_000,
    opensInMs: 1_000,
  });
  let epoch = 1;
  const join = (buyerId: string, shownIndex?: number) =>
    sale.places.take({ saleId: sale.saleId, epoch, buyerId, shownIndex });
  for (const buyer of ['ann', 'bob', 'cat']) await join(buyer);
  epoch = 2;
  expect(await sale.beginEpoch(epoch, { from: 1_000, to: 51_000 })).toEqual({
    kind: 'begun',
  });
  for (const buyer of ['dan', 'eve']) await join(buyer);
  return { sale, join };
}

test('indices that a restart skipped are no people', async () => {
  const { sale } = await roomWithAGap();
  expect(await sale.tick()).toMatchObject({ entrants: 5, vacantRuns: [{ from: 3, to: 1_000, vacant: 997 }] });
});

test('indices that are skipped again and again are one run', async () => {
  const { sale } = await roomWithAGap();
  for (let epoch = 3; epoch < 50; epoch++) {
    await sale.beginEpoch(epoch, { from: epoch * 1_000, to: epoch * 1_000 + 1_000 });
    if (epoch % 2 === 0) await sale.places.take({ saleId: sale.saleId, epoch, buyerId: `late-${epoch}` });
  }
  const { entrants, vacantRuns } = await sale.tick();
  // Every other time somebody came between; 32 runs are kept.
  expect(entrants).toBe(5 + 23);
  expect(vacantRuns).toHaveLength(25);
});

test('a room that lost Redis very often keeps count of all, in 32 runs', async () => {
  const { sale } = await roomWithAGap();
  for (let epoch = 3; epoch < 60; epoch++) {
    await sale.beginEpoch(epoch, { from: epoch * 1_000, to: epoch * 1_000 + 1_000 });
    await sale.places.take({ saleId: sale.saleId, epoch, buyerId: `late-${epoch}` });
  }
  const { entrants, vacantRuns } = await sale.tick();
  expect(entrants).toBe(5 + 57);
  expect(vacantRuns).toHaveLength(32);
  expect(vacantRuns[0]).toMatchObject({ from: 3 });
});

test('whoever comes back with a ticket of a skipped index is somebody', async () => {
  const { sale, join } = await roomWithAGap();
  expect(await join('fay', 500)).toMatchObject({ index: 500 });
  expect(await sale.tick()).toMatchObject({ entrants: 6, vacantRuns: [{ vacant: 996 }] });
  expect(await join('fay', 500)).toMatchObject({ index: 500 });
  expect((await sale.tick()).entrants).toBe(6);
});

test('before the draw is fixed skipped indices are no people either', async () => {
  const { sale } = await roomWithAGap('queue');
  expect((await sale.tick()).entrants).toBe(5);
});

test('turns that are passed over have neither come nor stayed away', async () => {
  const { sale } = await roomWithAGap();
  await sale.pass(1_000);
  await sale.tick();
  expect((await sale.tick()).serving).toBe(1_002);
  // Two of the five came.
  for (const turn of [0, 1_000]) await sale.redis.setbit(`db:{${sale.saleId}}:turns`, turn, 1);
  await sale.pass(60_000);
  expect((await sale.tick()).missedBelow).toBe(1_002);
  const [called, came] = await sale.redis.hmget(`db:{${sale.saleId}}:sale`, 'windowCalled', 'windowCame');
  expect([Number(called), Number(came)]).toEqual([5, 2]);
});
