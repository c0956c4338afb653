import { afterAll, beforeAll, expect, test } from 'vitest';
import { orderIdOf } from '../../engine/contracts/ids.ts';
import { eventually } from '../fixtures/eventually.ts';
import { type Hold, testHouse } from '../fixtures/test-house.ts';

let house: Awaited<ReturnType<typeof testHouse>>;
beforeAll(async () => {
  house = await testHouse();
  await house.startWorker();
  // Two workers are the rule; everything they do, they may do at once.
  await house.startWorker();
});
afterAll(() => house.close());

const status = async ({ reservationId, buyerId }: Hold) =>
  (await house.orders.order(orderIdOf(reservationId), buyerId))?.status;

const pushesOf = ({ buyerId }: Hold) => house.pushes.filter((push) => push.buyerId === buyerId);

const auditOf = async (saleId: string) => {
  const audit = await house.sales.audit(saleId);
  if (!audit) throw new Error('no audit');
  return audit;
};

test('a payment ends in a confirmed order, a confirmed hold, and a word to its buyer', async () => {
  const sale = await house.openSale(3);
  const held = await house.hold(sale);
  const outcome = await house.pay(held);
  expect(outcome).toMatchObject({ kind: 'pending', replayed: false });
  await eventually(() => pushesOf(held)).toContainEqual(
    expect.objectContaining({
      ev: 'order',
      status: 201,
      body: expect.objectContaining({ status: 'confirmed' }),
    }),
  );
  expect(await status(held)).toBe('confirmed');
  await eventually(
    async () => await house.engine.desk.reservation(held.reservationId, held.buyerId),
  ).toMatchObject({ reservation: { state: 'confirmed' } });
  await eventually(async () => (await auditOf(sale.config.id)).relay.lagEntries).toBe(0);
  expect(await auditOf(sale.config.id)).toMatchObject({
    state: 'open',
    items: [{ units: 3, available: 2, held: 0, paying: 0, sold: 1, committed: 1 }],
    orders: { confirmed: 1, pending: 0, failed: 0, cancelled: 0 },
    oversold: 0,
    undersold: 0,
    ledger: { sold: 1, balanced: true },
    payments: { captured: 1, refunded: 0, withoutOrder: 0, duplicated: 0 },
    discrepancies: [],
  });
});

test('a declined buyer pays the same order with another card', async () => {
  const sale = await house.openSale(1);
  const held = await house.hold(sale);
  const key = 'first try';
  await house.pay(held, 'tok_declined', key);
  await eventually(() => pushesOf(held)).toContainEqual(
    expect.objectContaining({
      ev: 'order',
      status: 402,
      body: expect.objectContaining({ declineCode: 'card_declined' }),
    }),
  );
  expect(await house.pay(held, 'tok_declined', key)).toMatchObject({
    kind: 'final',
    replayed: true,
    status: 402,
    body: { code: 'payment_declined', declineCode: 'card_declined' },
  });
  await house.pay(held);
  await eventually(() => status(held)).toBe('confirmed');
  await eventually(async () => (await auditOf(sale.config.id)).state).toBe('sold_out');
  expect(await auditOf(sale.config.id)).toMatchObject({
    orders: { confirmed: 1, failed: 0 },
    payments: { captured: 1, duplicated: 0 },
  });
});

test('an order that is never paid fails with its hold, and its unit is sold to somebody else', async () => {
  const sale = await house.openSale(1, { holdSeconds: 1 });
  const lapsing = await house.hold(sale);
  await house.pay(lapsing, 'tok_declined');
  await eventually(async () => {
    await house.engine.runOnce();
    return status(lapsing);
  }).toBe('failed');
  const next = await house.hold(sale);
  await house.pay(next);
  await eventually(() => status(next)).toBe('confirmed');
  await eventually(async () => (await auditOf(sale.config.id)).relay.lagEntries).toBe(0);
  expect(await auditOf(sale.config.id)).toMatchObject({
    orders: { confirmed: 1, failed: 1 },
    items: [{ sold: 1, committed: 1 }],
    discrepancies: [],
  });
});

test('an answer that got lost is asked for again under the same key, and captures once', async () => {
  const sale = await house.openSale(1);
  const held = await house.hold(sale);
  let failures = 2;
  house.provider.script('tok_lost', ({ paymentId }) =>
    failures-- > 0
      ? { kind: 'unknown', reason: 'the answer was lost' }
      : { kind: 'captured', providerReference: `pi_${paymentId}` },
  );
  await house.pay(held, 'tok_lost');
  await eventually(() => status(held)).toBe('confirmed');
});

test('a rush ends with every unit sold once', async () => {
  const sale = await house.openSale(60);
  const buyers = await Promise.all(Array.from({ length: 60 }, () => house.hold(sale)));
  await Promise.all(
    buyers.flatMap((held, at) => {
      const key = `key-${at}`;
      // Every third double-clicks.
      return Array.from({ length: at % 3 === 0 ? 2 : 1 }, () => house.pay(held, 'tok_visa', key));
    }),
  );
  await eventually(async () => (await auditOf(sale.config.id)).orders.confirmed).toBe(60);
  await eventually(async () => (await auditOf(sale.config.id)).relay.lagEntries).toBe(0);
  expect(await auditOf(sale.config.id)).toMatchObject({
    state: 'sold_out',
    items: [{ units: 60, available: 0, sold: 60, committed: 60 }],
    oversold: 0,
    undersold: 0,
    ledger: { sold: 60, balanced: true },
    payments: { captured: 60, withoutOrder: 0, duplicated: 0 },
    discrepancies: [],
  });
});
