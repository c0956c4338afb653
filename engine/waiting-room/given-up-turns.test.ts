import { expect, test } from 'vitest';
import { type TestSaleOptions, testSale } from '../fixtures/test-sale.ts';
import { reserver } from '../reservation/reserve.ts';

/** An open `fifo` sale; each buyer's turn is the index that they were given. */
async function roomOf(buyers: readonly string[], options: TestSaleOptions = {}) {
  const sale = await testSale({ method: 'fifo', units: { ps5: 10 }, perMinute: 60, ...options });
  const placeOf = (buyerId: string) => ({ saleId: sale.saleId, epoch: 1, buyerId });
  const join = async (buyerId: string): Promise<number> => {
    const taken = await sale.places.take(placeOf(buyerId));
    if (taken.kind === 'refused') throw new Error(taken.code);
    return taken.index;
  };
  for (const buyerId of buyers) await join(buyerId);
  return {
    ...sale,
    join,
    leave: (buyerId: string) => sale.places.leave(placeOf(buyerId)),
    answer: async (buyerId: string, turn: number) => {
      const decision = await sale.reserve(buyerId, { ps5: 1 }, turn);
      return decision.kind === 'refused' ? decision.code : decision.kind;
    },
    status: (buyerId: string, turn: number) => sale.turnStatus({ saleId: sale.saleId, buyerId, turn }),
  };
}

test('a place that was given up does not buy, called or not: who leaves and joins has one turn', async () => {
  const sale = await roomOf(['ann', 'bob'], { perMinute: 60_000 });
  expect((await sale.tick()).serving).toBe(2);
  await sale.leave('ann');
  expect(await sale.join('ann')).toBe(2);
  await sale.leave('ann');
  expect(await sale.join('ann')).toBe(3);
  await sale.pass(1_000);
  expect(await sale.answer('ann', 0)).toBe('turn_used');
  expect(await sale.answer('ann', 2)).toBe('turn_used');
  expect(await sale.answer('ann', 3)).toBe('held');
  expect(await sale.where()).toBe('9 available, 1 held, 0 paying, 0 sold');
});

test('a turn that was given up is passed over at no cost of pace', async () => {
  const sale = await roomOf(['ann', 'bob', 'cat', 'dan']);
  expect((await sale.tick()).serving).toBe(1);
  for (const buyer of ['bob', 'cat']) await sale.leave(buyer);
  await sale.pass(1_000);
  expect((await sale.tick()).serving).toBe(4);
});

test('a turn that is given up once it was called makes way at once, and counts as one that did not come', async () => {
  const sale = await roomOf(['ann', 'bob', 'cat', 'dan'], { units: { ps5: 2 }, perMinute: 60_000 });
  // Two units: two are called, and no more as long as they may come.
  expect((await sale.tick()).serving).toBe(2);
  await sale.pass(1_000);
  expect((await sale.tick()).serving).toBe(2);
  await sale.leave('ann');
  expect((await sale.tick()).serving).toBe(3);
  await sale.hold('bob', { ps5: 1 }, 1);
  await sale.pass(5_000);
  const [called, came] = await sale.redis.hmget(`db:{${sale.saleId}}:sale`, 'windowCalled', 'windowCame');
  // Of ann and bob one came; the two that were called later follow, a tenth less of them counts.
  expect(Number(called)).toBeGreaterThanOrEqual(2);
  expect(Number(came)).toBeLessThanOrEqual(1);
});

test('who leaves stands by no longer: the unit that comes back is the next one’s', async () => {
  const sale = await roomOf(['ann', 'bob', 'cat'], { units: { ps5: 1 }, perMinute: 60_000 });
  await sale.tick();
  const { id } = await sale.hold('ann', { ps5: 1 }, 0);
  // Called although no unit is left, so that there is somebody to stand by.
  await sale.redis.hset(`db:{${sale.saleId}}:sale`, 'serving', 3);
  expect(await sale.answer('bob', 1)).toBe('standby');
  expect(await sale.answer('cat', 2)).toBe('standby');
  await sale.leave('bob');
  expect((await sale.status('bob', 1)).standbyRank).toBeNull();
  await sale.release({ saleId: sale.saleId, reservationId: id, buyerId: 'ann' });
  expect((await sale.status('bob', 1)).reservation).toBeNull();
  expect((await sale.status('cat', 2)).reservation).toMatchObject({ state: 'held', turn: 2 });
});

test('whose hold lapsed may try again with its turn, until it is given up', async () => {
  const sale = await roomOf(['ann', 'bob'], { holdMs: 1_000, perMinute: 60_000 });
  await sale.tick();
  for (const [turn, buyer] of ['ann', 'bob'].entries()) await sale.hold(buyer, { ps5: 1 }, turn);
  await sale.leave('bob');
  await sale.pass(2_000);
  expect(await sale.answer('ann', 0)).toBe('held');
  expect(await sale.answer('bob', 1)).toBe('turn_used');
  expect(await sale.join('bob')).toBe(2);
  await sale.pass(1_000);
  expect(await sale.answer('bob', 2)).toBe('held');
});

test('who holds something while they leave keeps it', async () => {
  const sale = await roomOf(['ann'], { perMinute: 60_000 });
  await sale.tick();
  const { id } = await sale.hold('ann', { ps5: 1 }, 0);
  await sale.leave('ann');
  expect(await sale.answer('ann', 0)).toBe('held');
  expect((await sale.status('ann', 0)).reservation).toMatchObject({ id, state: 'held' });
});

test('who has bought buys again with another turn, up to the limit, and is on time with it', async () => {
  const sale = await roomOf(['ann'], { perBuyerLimit: 2, perMinute: 60_000 });
  await sale.tick();
  await sale.sell('ann', { ps5: 1 }, 0);
  expect(await sale.answer('ann', 0)).toBe('turn_used');
  for (const turn of [1, 2]) {
    await sale.leave('ann');
    expect(await sale.join('ann')).toBe(turn);
  }
  await sale.pass(1_000);
  expect(await sale.answer('ann', 1)).toBe('turn_used');
  await sale.sell('ann', { ps5: 1 }, 2);
  await sale.leave('ann');
  await sale.join('ann');
  await sale.pass(1_000);
  expect(await sale.answer('ann', 3)).toBe('buyer_limit_reached');
});

test('an index that a lost epoch gave out buys, although nobody was waited for', async () => {
  const sale = await roomOf(['ann'], { perMinute: 60_000 });
  await sale.settlement.beginEpoch(sale.saleId, 2, { from: 50, to: 100 });
  await sale.places.take({ saleId: sale.saleId, epoch: 2, buyerId: 'bob' });
  await sale.pass(1_000);
  expect((await sale.tick()).serving).toBe(51);
  // The ticket of index 7, whose place went with Redis.
  const asked = { saleId: sale.saleId, saleNumber: 7, epoch: 2, items: [{ sku: 'ps5', quantity: 1 }] };
  expect(await reserver(sale.redis)({ ...asked, buyerId: 'lost', turn: 7 })).toMatchObject({ kind: 'held' });
});
