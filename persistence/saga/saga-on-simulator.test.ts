import { afterAll, beforeAll, expect, test } from 'vitest';
import { orderIdOf } from '../../engine/contracts/ids.ts';
import { eventually } from '../fixtures/eventually.ts';
import { testSimulator } from '../fixtures/simulator.ts';
import { type Hold, testHouse } from '../fixtures/test-house.ts';
import { createPaymentProvider } from '../providers/create.ts';

let first: Awaited<ReturnType<typeof testSimulator>>;
let second: Awaited<ReturnType<typeof testSimulator>>;
let house: Awaited<ReturnType<typeof testHouse>>;
beforeAll(async () => {
  [first, second, house] = await Promise.all([testSimulator(), testSimulator(), testHouse()]);
  const options = { timeoutMs: 400, halfOpenAfterMs: 200 };
  const providers = [
    createPaymentProvider('primary', first.url, options),
    createPaymentProvider('second', second.url, options),
  ];
  await house.startWorker({ providers, times: { turnMsMax: 600 } });
  await house.startWorker({ providers, times: { turnMsMax: 600 } });
});
afterAll(async () => {
  await house.close();
  first.close();
  second.close();
});

const orderOf = ({ reservationId, buyerId }: Hold) => house.orders.order(orderIdOf(reservationId), buyerId);
const statusOf = async (held: Hold) => (await orderOf(held))?.status;
const pushOf = (held: Hold, status: number) =>
  house.pushes.find((push) => push.ev === 'order' && push.buyerId === held.buyerId && push.status === status);

async function atTheBank(held: Hold, key: string): Promise<string> {
  await eventually(() => pushOf(held, 202)).toBeDefined();
  const again = await house.pay(held, 'tok_3ds', key);
  if (again.kind !== 'pending' || again.order.status !== 'requires_action') {
    throw new Error(JSON.stringify(again));
  }
  expect(pushOf(held, 202)).toMatchObject({ body: again.order });
  return again.order.nextAction.url;
}

test('a buyer who is sent to the bank keeps the hold, and pays there', async () => {
  const sale = await house.openSale(2, { holdSeconds: 5 });
  const [yes, no] = await Promise.all([house.hold(sale), house.hold(sale)]);
  await Promise.all([house.pay(yes, 'tok_3ds', 'yes'), house.pay(no, 'tok_3ds', 'no')]);
  const [toYes, toNo] = [await atTheBank(yes, 'yes'), await atTheBank(no, 'no')];
  expect((await house.sales.audit(sale.config.id))?.items).toMatchObject([{ paying: 2, available: 0 }]);
  await first.authenticate(toYes, 'complete');
  await first.authenticate(toNo, 'refuse');
  await eventually(() => statusOf(yes)).toBe('confirmed');
  await eventually(() => pushOf(no, 402)).toMatchObject({
    body: { declineCode: 'authentication_required' },
  });
  expect((await orderOf(no))?.paymentStatus).toBe('declined');
});

test('a capture that comes after its unit is gone is refunded at once, on record', async () => {
  const sale = await house.openSale(1);
  const held = await house.hold(sale);
  const before = (await first.tally()).refunded.count;
  await first.change({ outage: true });
  await house.pay(held, 'tok_visa', 'late');
  await eventually(() => statusOf(held)).toBe('pending');
  // Only a person, or a bug, can end an order whose payment is under way.
  await house.database.pool.query("UPDATE orders SET status = 'failed' WHERE order_id = $1", [
    orderIdOf(held.reservationId),
  ]);
  await house.database.pool.query('UPDATE sale_items SET committed = 0 WHERE sale_id = $1', [sale.config.id]);
  await first.change({ outage: false });
  await eventually(async () => (await orderOf(held))?.paymentStatus).toBe('refunded');
  expect((await first.tally()).refunded.count).toBe(before + 1);
  expect(pushOf(held, 410)).toMatchObject({ body: { code: 'reservation_expired' } });
  const audit = await house.sales.audit(sale.config.id);
  expect(audit).toMatchObject({ payments: { withoutOrder: 0, duplicated: 0 }, ledger: { balanced: true } });
});

test('while the first provider is away, those who have a token for the second go on there, once', async () => {
  const sale = await house.openSale(60);
  const holds = await Promise.all(Array.from({ length: 60 }, () => house.hold(sale)));
  const [both, single] = [holds.slice(0, 40), holds.slice(40)];
  const seenBefore = (await second.tally()).captured.count;
  await first.change({ outage: true });
  // Its breaker has to see that it is away first.
  await Promise.all(single.map((held) => house.pay(held, 'tok_visa', `single ${held.buyerId}`)));
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  await Promise.all(
    both.map((held) => house.pay(held, 'tok_visa', `both ${held.buyerId}`, { second: 'tok_visa' })),
  );
  await eventually(async () => (await second.tally()).captured.count).toBeGreaterThan(seenBefore + 10);
  await first.change({ outage: false });
  await eventually(async () => {
    const statuses = await Promise.all(holds.map(statusOf));
    return statuses.filter((status) => status === 'confirmed').length;
  }).toBe(60);
  const captured = (await first.tally()).captured.count + (await second.tally()).captured.count;
  const { rows } = await house.database.pool.query<{ captured: number }>(
    "SELECT count(*)::integer AS captured FROM payments WHERE state IN ('captured', 'refunded')",
  );
  expect(captured).toBe(rows[0]?.captured);
  const again = await house.hold(sale).catch((error: Error) => error.message);
  expect(again).toContain('sold_out');
});
