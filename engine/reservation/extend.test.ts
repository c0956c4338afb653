import { expect, test } from 'vitest';
import { newId, newReservationId, type ReservationId } from '../contracts/ids.ts';
import { testSale } from '../fixtures/test-sale.ts';
import { floorKeys } from '../redis/keys.ts';

async function extendable(options: Parameters<typeof testSale>[0] = {}) {
  const sale = await testSale({ holdMs: 10_000, extendMs: 6_000, ...options });
  return {
    ...sale,
    extendBy: (requestId: string, reservationId: ReservationId, buyerId = 'ann') =>
      sale.extend({ saleId: sale.saleId, reservationId, buyerId, requestId }),
    extensions: async () =>
      (await sale.settlement.outbox(sale.saleId, '0-0', 1_000)).events.filter(
        ({ type }) => type === 'reservation.extended',
      ),
  };
}

test('a hold lasts longer by what the sale gives, and then ends', async () => {
  const sale = await extendable();
  const { id } = await sale.hold('ann');
  await sale.pass(9_000);
  const deadlineMs = sale.startMs + 16_000;
  expect(await sale.extendBy('one', id)).toEqual({
    kind: 'extended',
    items: [{ sku: 'ps5', quantity: 1 }],
    deadlineMs,
  });
  expect(await sale.extensions()).toMatchObject([{ reservationId: id, buyerId: 'ann', deadlineMs }]);
  expect(await sale.hold('ann')).toMatchObject({ id, fresh: false, deadlineMs });
  await sale.pass(6_999);
  expect(await sale.where()).toBe('0 available, 1 held, 0 paying, 0 sold');
  await sale.pass(1);
  expect(await sale.where()).toBe('1 available, 0 held, 0 paying, 0 sold');
});

test('it is extended once; a repeat of that request gets the first answer, whatever happened since', async () => {
  const sale = await extendable();
  const { id } = await sale.hold('ann');
  const answers = await Promise.all(['one', 'two', 'one', 'three'].map((name) => sale.extendBy(name, id)));
  expect(answers.map(({ kind }) => kind)).toEqual(['extended', 'not_allowed', 'extended', 'not_allowed']);
  expect(answers[2]).toEqual(answers[0]);
  const paymentId = newId('pay');
  const pin = { reservationId: id, paymentId };
  await sale.beginPayment({ saleId: sale.saleId, epoch: 1, buyerId: 'ann', ...pin });
  expect(await sale.extendBy('one', id)).toEqual(answers[0]);
  await sale.settle.returnToHeld(sale.saleId, [pin]);
  expect(await sale.extendBy('two', id)).toEqual({ kind: 'not_allowed' });
  await sale.pass(16_000);
  expect(await sale.extendBy('one', id)).toEqual(answers[0]);
  expect(await sale.extensions()).toHaveLength(1);
  expect(await sale.where()).toBe('1 available, 0 held, 0 paying, 0 sold');
});

test('what cannot be extended: nobody’s, another’s, what is being paid, was paid, or ended', async () => {
  const sale = await extendable({ units: { ps5: 4 } });
  const { id } = await sale.hold('ann');
  expect(await sale.extendBy('r', newReservationId(7))).toEqual({ kind: 'not_found' });
  expect(await sale.extendBy('r', id, 'bob')).toEqual({ kind: 'not_found' });
  const pin = { reservationId: id, paymentId: newId('pay') };
  await sale.beginPayment({ saleId: sale.saleId, epoch: 1, buyerId: 'ann', ...pin });
  expect(await sale.extendBy('r', id)).toEqual({ kind: 'paying' });
  await sale.settle.confirm(sale.saleId, [pin]);
  expect(await sale.extendBy('r', id)).toEqual({ kind: 'paid' });

  const released = await sale.hold('bob');
  await sale.release({ saleId: sale.saleId, reservationId: released.id, buyerId: 'bob' });
  expect(await sale.extendBy('r', released.id, 'bob')).toEqual({ kind: 'ended' });
  const lapsed = await sale.hold('cat');
  // No sweep has come by: the script itself finds it lapsed, and its unit returns.
  await sale.jump(4_000);
  await sale.extendBy('r', released.id, 'bob');
  await sale.jump(4_000);
  await sale.extendBy('r', released.id, 'bob');
  await sale.jump(4_000);
  expect(await sale.extendBy('r', lapsed.id, 'cat')).toEqual({ kind: 'ended' });
  expect(await sale.where()).toBe('3 available, 0 held, 0 paying, 1 sold');
  expect(await sale.extensions()).toEqual([]);
});

test('a sale that says nothing about extensions allows none', async () => {
  const sale = await extendable({ extendMs: 0 });
  const { id, deadlineMs } = await sale.hold('ann');
  expect(await sale.extendBy('one', id)).toEqual({ kind: 'not_allowed' });
  expect(await sale.hold('ann')).toMatchObject({ deadlineMs });
});

test('extending a hold that came through standby is its touch', async () => {
  const sale = await extendable({ claimMs: 5_000 });
  const { id } = await sale.hold('ann');
  await sale.reserve('bob');
  await sale.release({ saleId: sale.saleId, reservationId: id, buyerId: 'ann' });
  const [handed] = (await sale.settlement.outbox(sale.saleId, '0-0', 1_000)).events.slice(-1);
  expect(handed).toMatchObject({
    type: 'reservation.held',
    buyerId: 'bob',
    deadlineMs: sale.startMs + 5_000,
  });
  expect(await sale.extendBy('one', handed?.reservationId as ReservationId, 'bob')).toMatchObject({
    deadlineMs: sale.startMs + 16_000,
  });
});

test('by whom it was extended before a rebuild is not known, so whoever asks again is told until when', async () => {
  const sale = await extendable();
  const { id } = await sale.hold('ann');
  const first = await sale.extendBy('one', id);
  // As sale/restore writes it: in MessagePack a string of 18 bytes instead of one of three.
  const key = floorKeys(sale.saleId).find((name) => name.endsWith(':reservations')) as string;
  const written = (await sale.redis.hgetBuffer(key, id)) as Buffer;
  const byOne = written.indexOf(Buffer.from('\xa3one', 'latin1'));
  expect(byOne).toBeGreaterThan(0);
  const byAnybody = Buffer.from('\xb2before the rebuild', 'latin1');
  await sale.redis.hset(
    key,
    id,
    Buffer.concat([written.subarray(0, byOne), byAnybody, written.subarray(byOne + 4)]),
  );
  expect(await sale.extendBy('one', id)).toEqual(first);
  await sale.pass(16_000);
  expect(await sale.extendBy('one', id)).toEqual({ kind: 'ended' });
  expect(await sale.extensions()).toHaveLength(1);
});
