import { expect, test } from 'vitest';
import { newId, newReservationId, type ReservationId } from '../contracts/ids.ts';
import { testSale } from '../fixtures/test-sale.ts';

type Sale = Awaited<ReturnType<typeof testSale>>;

async function held(sale: Sale, buyerId: string, items?: Record<string, number>): Promise<ReservationId> {
  const answer = await sale.initiate(buyerId, items);
  if (answer.kind !== 'held') throw new Error(`${buyerId} was to hold, got ${JSON.stringify(answer)}`);
  return answer.id;
}

async function pin(sale: Sale, buyerId: string, reservationId: ReservationId) {
  const paymentId = newId('pay');
  const pinned = await sale.beginPayment({
    saleId: sale.saleId,
    epoch: 1,
    reservationId,
    buyerId,
    paymentId,
  });
  expect(pinned.kind).toBe('pinned');
  return { reservationId, paymentId };
}

test('another cart replaces what was held before, in one call', async () => {
  const sale = await testSale({ units: { case: 1, ps5: 3 } });
  const first = await held(sale, 'ann', { ps5: 2 });
  // Two of the three are her own.
  const second = await held(sale, 'ann', { ps5: 3, case: 1 });
  expect(second).not.toBe(first);
  expect(await sale.where()).toBe('0 available, 3 held, 0 paying, 0 sold');
  const of = { saleId: sale.saleId, buyerId: 'ann' };
  expect(await sale.read({ ...of, reservationId: first })).toMatchObject({ state: 'released' });
  expect(await sale.read({ ...of, reservationId: second })).toMatchObject({
    state: 'held',
    deadlineMs: sale.startMs + 10_000,
    quoteId: expect.stringMatching(/^qte_/),
  });
  expect((await sale.events()).slice(-3)).toEqual([
    'reservation.held',
    'reservation.released',
    'reservation.held',
  ]);
});

test('the same cart is held as it is, and a repeat of the request gets its answer', async () => {
  const sale = await testSale({ units: { ps5: 3 } });
  const id = newReservationId(7);
  const first = await sale.initiate('ann', { ps5: 2 }, id);
  await sale.pass(1_000);
  expect(await sale.initiate('ann', { ps5: 2 })).toEqual({ kind: 'again', id });
  expect(await sale.initiate('ann', { ps5: 2 }, id)).toEqual(first);
  await sale.release({ saleId: sale.saleId, reservationId: id, buyerId: 'ann' });
  expect(await sale.initiate('ann', { ps5: 2 }, id)).toEqual(first);
  expect(await sale.where()).toBe('3 available, 0 held, 0 paying, 0 sold');
});

test('all of a cart or nothing of it, and what was held before stays', async () => {
  const sale = await testSale({ units: { box: 1, case: 1, ps5: 3 } });
  await held(sale, 'bob', { case: 1 });
  await held(sale, 'ann', { ps5: 1 });
  const none = { kind: 'short', sku: 'case', units: 0 };
  expect(await sale.initiate('ann', { ps5: 2, box: 1, case: 1 })).toEqual(none);
  expect(await sale.initiate('ann', { ps5: 4 })).toEqual({ kind: 'short', sku: 'ps5', units: 3 });
  expect(await sale.initiate('ann', { ps5: 1, vase: 1 })).toEqual({ kind: 'unknown_sku', sku: 'vase' });
  expect(await sale.where()).toBe('2 available, 1 held, 0 paying, 0 sold');
  expect(await sale.initiate('ann', { ps5: 1 })).toMatchObject({ kind: 'again' });
});

test('what is being paid is not replaced; what was bought, lapsed or let go stands in nobody’s way', async () => {
  const sale = await testSale({ units: { ps5: 9 } });
  const first = await held(sale, 'ann');
  const payment = await pin(sale, 'ann', first);
  expect(await sale.initiate('ann')).toEqual({ kind: 'paying', id: first });
  expect(await sale.initiate('ann', { ps5: 2 })).toEqual({ kind: 'paying', id: first });
  await sale.settle.confirm(sale.saleId, [payment]);
  const second = await held(sale, 'ann', { ps5: 2 });
  await sale.pass(9_999);
  expect(await sale.initiate('ann', { ps5: 2 })).toEqual({ kind: 'again', id: second });
  await sale.jump(1);
  const third = await held(sale, 'ann', { ps5: 2 });
  expect(third).not.toBe(second);
  expect(await sale.where()).toBe('6 available, 2 held, 0 paying, 1 sold');
});

test('a cart that was read before what it had was bought is not held, and nothing else is let go for it', async () => {
  const sale = await testSale({ units: { ps5: 9 } });
  const unseen = await sale.latest('ann');
  const first = await held(sale, 'ann');
  const unbought = await sale.latest('ann');
  await sale.settle.confirm(sale.saleId, [await pin(sale, 'ann', first)]);
  const bought = await sale.latest('ann');
  for (const seen of [unseen, unbought]) {
    expect(await sale.initiate('ann', { ps5: 1 }, newReservationId(7), seen)).toEqual({
      kind: 'outdated',
      seen: bought,
    });
  }
  const second = await held(sale, 'ann', { ps5: 2 });
  expect(await sale.initiate('ann', { ps5: 1 }, newReservationId(7), bought)).toMatchObject({
    kind: 'outdated',
  });
  expect(await sale.initiate('ann', { ps5: 2 }, newReservationId(7), bought)).toEqual({
    kind: 'again',
    id: second,
  });
  expect(await sale.where()).toBe('6 available, 2 held, 0 paying, 1 sold');
});

test('a crowd at the last units: each goes once, and nobody stands by', async () => {
  const sale = await testSale({ units: { ps5: 10 } });
  const answers = await Promise.all(Array.from({ length: 300 }, (_, i) => sale.initiate(`buyer-${i}`)));
  expect(answers.filter(({ kind }) => kind === 'held')).toHaveLength(10);
  expect(answers.filter(({ kind }) => kind === 'short')).toHaveLength(290);
  expect((await sale.tick()).standby).toBe(0);
});

test('nothing is sold by cart while it is not open, or where there are turns', async () => {
  const sale = await testSale();
  await sale.settlement.command(sale.saleId, 'pause');
  expect(await sale.initiate('ann')).toEqual({ kind: 'not_open' });
  const turns = await testSale({ method: 'fifo' });
  await expect(turns.initiate('ann')).rejects.toThrow('malformed');
  expect(await turns.where()).toBe('1 available, 0 held, 0 paying, 0 sold');
});

test("another buyer's reservation is never written over", async () => {
  const sale = await testSale({ units: { ps5: 2 } });
  const id = await held(sale, 'ann');
  await held(sale, 'bob');
  await expect(sale.initiate('bob', { ps5: 2 }, id)).rejects.toThrow('malformed');
  expect(await sale.where()).toBe('0 available, 2 held, 0 paying, 0 sold');
});
