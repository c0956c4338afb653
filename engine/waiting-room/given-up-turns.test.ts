import { expect, test } from 'vitest';
import { newId, type PaymentId } from '../contracts/ids.ts';
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

/** A sale whose first epoch was lost with whatever indices below 50 it had given out; later ones begin at 50. */
async function afterALoss(options: TestSaleOptions = {}) {
  const sale = await testSale({ method: 'fifo', units: { ps5: 20 }, perMinute: 60_000, ...options });
  let epoch = 1;
  const restart = async (from: number) => {
    epoch += 1;
    await sale.beginEpoch(epoch, { from, to: from + 1_000 });
  };
  await restart(50);
  const decide = reserver(sale.redis);
  const ask = (buyerId: string, turn: number) =>
    decide({
      ...{ saleId: sale.saleId, saleNumber: 7, epoch, buyerId, turn },
      items: [{ sku: 'ps5', quantity: 1 }],
    });
  return {
    ...sale,
    restart,
    place: async (buyerId: string, shownIndex?: number) => {
      const taken = await sale.places.take({ saleId: sale.saleId, epoch, buyerId, shownIndex });
      return taken.kind === 'place' ? taken.index : -1;
    },
    leave: (buyerId: string) => sale.places.leave({ saleId: sale.saleId, epoch, buyerId }),
    answer: async (buyerId: string, turn: number) => {
      const decision = await ask(buyerId, turn);
      return decision.kind === 'refused' ? decision.code : decision.kind;
    },
    async buy(buyerId: string, turn: number) {
      const held = await ask(buyerId, turn);
      if (held.kind !== 'held') throw new Error(JSON.stringify(held));
      const paymentId: PaymentId = newId('pay');
      await sale.beginPayment({ saleId: sale.saleId, epoch, reservationId: held.id, buyerId, paymentId });
      await sale.settle.confirm(sale.saleId, [{ reservationId: held.id, paymentId }]);
    },
  };
}

test('an index that a lost epoch gave out buys, although nobody was waited for; once', async () => {
  const sale = await afterALoss({ perBuyerLimit: 5 });
  await sale.place('bob');
  await sale.pass(1_000);
  expect((await sale.tick()).serving).toBe(51);
  // The ticket of index 7, whose place went with Redis.
  await sale.buy('lost', 7);
  expect(await sale.answer('lost', 7)).toBe('turn_used');
  const next = await sale.place('lost');
  await sale.pass(1_000);
  await sale.buy('lost', next);
  expect(await sale.answer('lost', 7)).toBe('turn_used');
});

test('an index of a lost epoch that is shown again, and given up then, does not buy', async () => {
  const sale = await afterALoss();
  expect(await sale.place('ann', 7)).toBe(7);
  expect(await sale.leave('ann')).toEqual({ kind: 'left' });
  expect(await sale.place('ann')).toBe(50);
  await sale.pass(1_000);
  expect(await sale.answer('ann', 7)).toBe('turn_used');
});

test('a turn that was used stays used, however often Redis was restarted since', async () => {
  const sale = await afterALoss({ perBuyerLimit: 5 });
  const turn = await sale.place('ann');
  await sale.pass(1_000);
  await sale.buy('ann', turn);
  // More often than runs of skipped indices are told apart.
  for (let times = 1; times <= 34; times += 1) {
    await sale.restart(times * 1_050);
    await sale.place(`other-${times}`);
  }
  await sale.leave('ann');
  const next = await sale.place('ann');
  await sale.pass(20_000);
  await sale.buy('ann', next);
  expect(await sale.answer('ann', turn)).toBe('turn_used');
});

test('turns that the version before has called go on', async () => {
  const sale = await roomOf(['ann', 'bob'], { perMinute: 60_000 });
  expect((await sale.tick()).serving).toBe(2);
  const key = `db:{${sale.saleId}}:calls`;
  const [call] = await sale.redis.zrange(key, '0', '0');
  await sale.redis.del(key);
  // Without how many were given up.
  await sale.redis.zadd(key, '2', (call as string).replace(/:\d+$/, ''));
  expect(await sale.leave('bob')).toEqual({ kind: 'left' });
  await sale.pass(6_000);
  expect((await sale.tick()).missedBelow).toBe(2);
});
