import { afterAll, beforeAll, expect, test } from 'vitest';
import { testHouse } from '../fixtures/test-house.ts';

let house: Awaited<ReturnType<typeof testHouse>>;
beforeAll(async () => {
  house = await testHouse();
});
afterAll(() => house.close());

const request = { items: [{ sku: 'ps5', quantity: 1 }] };

test('a token of an earlier epoch pays the hold that survived, and both of its tokens pay it once', async () => {
  const sale = await house.openSale(1);
  const { id } = sale.config;
  const tokenOf = async () => {
    const outcome = await house.engine.desk.reserve(sale, 'ann', request);
    if (outcome.kind !== 'held') throw new Error(JSON.stringify(outcome));
    return outcome.reserved;
  };
  const earlier = await tokenOf();
  await house.database.pool.query('UPDATE sales SET epoch = 2 WHERE id = $1', [id]);
  const { runId } = await house.settlement.life(id);
  await house.settlement.beginEpoch(id, runId, 2, { from: 0, to: 0 });
  await house.engine.runOnce();
  const later = await tokenOf();
  expect(later.reservation).toEqual(earlier.reservation);
  expect(later.purchaseToken).not.toBe(earlier.purchaseToken);

  const pay = (purchaseToken: string, key: string) =>
    house.engine.desk.pay({
      checkoutId: earlier.checkoutId as `chk_${string}`,
      buyerId: 'ann',
      idempotencyKey: key,
      request: { paymentMethod: 'card', paymentToken: 'tok_visa', purchaseToken },
    });
  const outcomes = await Promise.all([pay(earlier.purchaseToken, 'one'), pay(later.purchaseToken, 'two')]);
  expect(outcomes.map((outcome) => (outcome.kind === 'refused' ? outcome.code : outcome.kind))).toEqual([
    'pending',
    'payment_in_progress',
  ]);
  const { rows } = await house.database.pool.query('SELECT order_id FROM orders WHERE sale_id = $1', [id]);
  expect(rows).toHaveLength(1);
});

test('a token whose hold has ended pays nothing, whoever holds the unit now', async () => {
  const sale = await house.openSale(1);
  const of = await house.hold(sale, 'bob');
  const checkout = await house.engine.desk.checkout(of.checkoutId, 'bob');
  if (checkout.kind !== 'found') throw new Error(checkout.code);
  await house.engine.desk.release(of.reservationId, 'bob');
  const other = await house.hold(sale, 'cat');
  expect(
    await house.engine.desk.pay({
      checkoutId: of.checkoutId,
      buyerId: 'bob',
      idempotencyKey: 'lost',
      request: {
        paymentMethod: 'card',
        paymentToken: 'tok_visa',
        purchaseToken: checkout.checkout.purchaseToken,
      },
    }),
  ).toMatchObject({ kind: 'refused', code: 'reservation_expired' });
  expect((await house.pay(other)).kind).toBe('pending');
});

test('an attempt that met a new epoch half-way may be made again, with the same key', async () => {
  const sale = await house.openSale(1);
  const of = await house.hold(sale, 'dan');
  await house.database.pool.query('UPDATE sales SET epoch = 2 WHERE id = $1', [sale.config.id]);
  expect(await house.pay(of, 'tok_visa', 'same')).toMatchObject({ kind: 'refused', code: 'unavailable' });
  const { runId } = await house.settlement.life(sale.config.id);
  await house.settlement.beginEpoch(sale.config.id, runId, 2, { from: 0, to: 0 });
  await house.engine.runOnce();
  expect(await house.pay(of, 'tok_visa', 'same')).toMatchObject({ kind: 'pending' });
});
