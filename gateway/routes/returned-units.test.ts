import { afterAll, beforeAll, expect, test } from 'vitest';
import { type House, openHouse } from '../fixtures/house.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(async () => {
  const undocumented = await house.undocumentedRefusals();
  await house.close();
  expect(undocumented).toEqual([]);
});

/** An order that is confirmed, in Redis, too. */
async function order(saleId: string, buyer: string, quantity = 1) {
  const { body } = await house.reserve(saleId, buyer, quantity);
  const paid = await house.pay(body.checkoutId, buyer, body.checkoutId, 'tok_visa', { prefer: 'wait=20' });
  expect(paid.status).toBe(201);
  await house.until(
    () => house.ask('GET', `/reservations/${body.reservation.id}`, { as: buyer }),
    (answer) => answer.body.state === 'confirmed',
  );
  return paid.body.orderId as string;
}

async function delivered(saleId: string, buyer: string, quantity = 1) {
  const orderId = await order(saleId, buyer, quantity);
  const address = { name: 'A', line1: 'B', city: 'C', postalCode: 'D', country: 'PT' };
  await house.ask('PUT', `/orders/${orderId}/shipping-address`, { as: buyer, body: address });
  for (const step of ['process', 'ship', 'deliver']) {
    expect((await house.operate('POST', `/api/v1/admin/orders/${orderId}/${step}`)).status).toBe(200);
  }
  return orderId;
}

async function sendBack(orderId: string, as: string, quantity = 1) {
  const asked = await house.ask('POST', `/orders/${orderId}/returns`, {
    as,
    body: { items: [{ sku: 'ps5', quantity }], reason: 'too loud' },
    headers: { 'idempotency-key': `${orderId} ${quantity} ${Math.random()}` },
  });
  expect(asked.status).toBe(201);
  return house.operate('POST', `/api/v1/admin/returns/${asked.body.returnId}/approve`);
}

const read = (orderId: string, as: string) => () => house.ask('GET', `/orders/${orderId}`, { as });

interface Counted {
  sold: number;
  available: number;
  committed: number;
  /** What the ledger has as sold. */
  posted: number;
}

/** The audit of a sale once nothing is under way in it. */
const audit = (saleId: string, isWanted: (item: Counted) => boolean) =>
  house.until(
    () => house.operate('GET', `/api/v1/admin/sales/${saleId}/audit`),
    ({ body: { relay, items, ledger, discrepancies } }) =>
      relay.lagEntries === 0 && isWanted({ ...items[0], posted: ledger.sold }) && discrepancies.length === 0,
  );

test('a cancelled order gives its money back, and its unit to the next buyer of the sale', async () => {
  const saleId = await house.sale({ units: 2 });
  const orderId = await order(saleId, 'ana');
  const asked = { as: 'ana', body: { reason: 'too late' }, headers: { 'idempotency-key': 'c' } };
  expect((await house.ask('POST', `/orders/${orderId}/cancel`, asked)).status).toBe(200);
  const { body } = await house.until(
    read(orderId, 'ana'),
    (answer) => answer.body.paymentStatus === 'refunded',
  );
  expect(body).toMatchObject({
    status: 'cancelled',
    refunds: [{ status: 'refunded', amount: { amount: 49_900, currency: 'USD' }, reason: 'too late' }],
  });
  const back = await audit(saleId, ({ available }) => available === 2);
  expect(back.body).toMatchObject({
    items: [{ sold: 0, committed: 0 }],
    orders: { confirmed: 0, cancelled: 1 },
    ledger: { sold: 0, balanced: true },
    payments: { captured: 1, refunded: 1, withoutOrder: 0 },
  });
  // The limit of two a buyer counts what is sold, not what was.
  await order(saleId, 'ana', 2);
  const sold = await audit(saleId, (item) => item.sold === 2);
  expect(sold.body).toMatchObject({ state: 'sold_out', oversold: 0, undersold: 0, orders: { confirmed: 1 } });
});

test('returns of parts are paid back in parts, and the last one takes what is left', async () => {
  const saleId = await house.sale({ units: 9, perBuyerLimit: 3 });
  const orderId = await delivered(saleId, 'bea', 3);
  expect((await sendBack(orderId, 'bea', 1)).body).toMatchObject({
    status: 'delivered',
    returns: [{ status: 'approved' }],
    refunds: [{ amount: { amount: 49_900 } }],
  });
  const part = await house.until(read(orderId, 'bea'), ({ body }) => body.returns[0].status === 'refunded');
  expect(part.body).toMatchObject({ status: 'delivered', paymentStatus: 'captured' });
  await audit(saleId, ({ available }) => available === 7);
  const goodwill = await house.operate('POST', `/api/v1/admin/orders/${orderId}/refunds`, {
    body: { amount: 100, reason: 'scratched' },
    headers: { 'idempotency-key': 'g' },
  });
  expect(goodwill.status).toBe(201);
  expect((await sendBack(orderId, 'bea', 2)).body.status).toBe('returned');
  const all = await house.until(read(orderId, 'bea'), ({ body }) => body.status === 'refunded');
  expect(all.body.paymentStatus).toBe('refunded');
  expect(all.body.refunds.map(({ amount }: { amount: { amount: number } }) => amount.amount)).toEqual([
    49_900, 100, 99_700,
  ]);
  expect(all.body.history.slice(-2)).toMatchObject([
    { from: 'delivered', to: 'returned', by: 'operator' },
    { from: 'returned', to: 'refunded', by: 'payment' },
  ]);
  const back = await audit(saleId, ({ available }) => available === 9);
  expect(back.body.orders).toMatchObject({ confirmed: 0, refunded: 1 });
});

test('what comes back to a sale that is over goes to general stock', async () => {
  const saleId = await house.sale({ units: 1 });
  const orderId = await delivered(saleId, 'cleo');
  expect((await sendBack(orderId, 'cleo')).body.status).toBe('returned');
  await house.until(read(orderId, 'cleo'), ({ body }) => body.status === 'refunded');
  // Where the sale had not been seen to end yet, the units enter it and leave it again: the guard falls and rises.
  const after = await audit(saleId, ({ posted, committed }) => posted === 0 && committed === 1);
  expect(after.body).toMatchObject({
    state: 'sold_out',
    items: [{ available: 0, sold: 1, committed: 1 }],
    ledger: { sold: 0, balanced: true },
    oversold: 0,
    undersold: 0,
  });
});
