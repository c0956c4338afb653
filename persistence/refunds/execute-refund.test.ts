import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type OrderId, orderIdOf, type RefundId } from '../../engine/contracts/ids.ts';
import type { RefundOutcome } from '../../engine/contracts/ports.ts';
import { readEntriesAtFault } from '../discrepancies/entries-at-fault.ts';
import { eventually } from '../fixtures/eventually.ts';
import { testSimulator } from '../fixtures/simulator.ts';
import { testHouse } from '../fixtures/test-house.ts';
import { createLog } from '../log.ts';
import { buyerOrdersOn } from '../orders/buyer-orders.ts';
import { fulfilmentOn } from '../orders/fulfilment.ts';
import { paymentsOn } from '../payments/unresolved.ts';
import { createPaymentProvider } from '../providers/create.ts';
import { refunder } from './execute-refund.ts';

const price = 49_900;
const address = { name: 'A', line1: 'B', city: 'C', postalCode: 'D', country: 'PT' };
const log = createLog('silent');
let simulator: Awaited<ReturnType<typeof testSimulator>>;
let house: Awaited<ReturnType<typeof testHouse>>;
let fulfilment: ReturnType<typeof fulfilmentOn>;
let payments: ReturnType<typeof paymentsOn>;
beforeAll(async () => {
  [simulator, house] = await Promise.all([testSimulator(), testHouse()]);
  fulfilment = fulfilmentOn(house.database.pool);
  payments = paymentsOn(house.database.pool, house.queue, log);
});
afterEach(() => simulator.change({ timeoutAfterShare: 0, errorAfterShare: 0, outage: false }));
afterAll(async () => {
  await house.close();
  simulator.close();
});

/** Two of them, each with connections of its own, as two workers have. */
const refunders = (timeoutMs = 5_000) =>
  Array.from({ length: 2 }, () => {
    const provider = createPaymentProvider('primary', simulator.url, { timeoutMs });
    return refunder({ on: house.database.pool, providerNamed: () => provider, log });
  });

/** An order that was paid; the worker that did it is gone, so that refunds are left to the test. */
async function paidOrder(): Promise<OrderId> {
  const worker = await house.startWorker({ providers: [createPaymentProvider('primary', simulator.url)] });
  const held = await house.hold(await house.openSale(1));
  await house.pay(held);
  const orderId = orderIdOf(held.reservationId);
  await eventually(async () => (await house.orders.order(orderId, held.buyerId))?.status).toBe('confirmed');
  await worker.close();
  return orderId;
}

async function begin(orderId: OrderId, amount: number): Promise<RefundId> {
  const begun = await fulfilment.refund(orderId, 'op', { amount, reason: 'a scratch' }, randomUUID());
  if (begun.kind === 'refused') throw new Error(begun.code);
  return begun.body.refundId as RefundId;
}

/** What Postgres says of the order's money: state of payment and refunds, and what was posted back. */
async function moneyOf(orderId: OrderId) {
  const { rows } = await house.database.pool.query(
    `SELECT payments.state, payments.refunding_minor,
       (SELECT jsonb_agg(state ORDER BY refund_id) FROM refunds WHERE order_id = $1) AS refunds,
       (SELECT coalesce(jsonb_agg(amount ORDER BY id), '[]') FROM ledger_transactions
          JOIN postings ON transaction_id = id
        WHERE order_id = $1 AND kind = 'order_refunded') AS posted
     FROM payments WHERE order_id = $1`,
    [orderId],
  );
  return rows[0];
}
const givenBack = async () => (await simulator.tally()).refunded;
const since = async (before: Awaited<ReturnType<typeof givenBack>>) => {
  const { count, sums } = await givenBack();
  return { count: count - before.count, amount: (sums[0]?.amount ?? 0) - (before.sums[0]?.amount ?? 0) };
};

test('a refund that many workers execute at once is paid back, posted and settled once', async () => {
  const orderId = await paidOrder();
  const before = await givenBack();
  const refundId = await begin(orderId, 900);
  const outcomes = await Promise.all(
    Array.from({ length: 5 }, refunders)
      .flat()
      .map((execute) => execute(refundId)),
  );
  expect(outcomes).toEqual(outcomes.map(() => ({ kind: 'done' })));
  expect(await since(before)).toEqual({ count: 1, amount: 900 });
  expect(await moneyOf(orderId)).toEqual({
    state: 'captured',
    refunding_minor: 900,
    refunds: ['refunded'],
    posted: [900],
  });
});

test.each([{ timeoutAfterShare: 1 }, { errorAfterShare: 1 }])(
  'a refund whose answer was lost (%j) is asked for again under its own key, and paid back once',
  async (weather) => {
    const orderId = await paidOrder();
    const before = await givenBack();
    const refundId = await begin(orderId, 900);
    await simulator.change(weather);
    for (const execute of refunders(300))
      expect(await execute(refundId)).toMatchObject({ kind: 'postponed' });
    expect(await moneyOf(orderId)).toMatchObject({ refunds: ['initiated'], posted: [] });
    await simulator.change({ timeoutAfterShare: 0, errorAfterShare: 0 });
    for (const execute of refunders()) expect(await execute(refundId)).toEqual({ kind: 'done' });
    expect(await since(before)).toEqual({ count: 1, amount: 900 });
    expect(await moneyOf(orderId)).toMatchObject({ refunds: ['refunded'], posted: [900] });
  },
);

test('a refund without an answer whose key may be forgotten is looked for, and paid back once', async () => {
  const orderId = await paidOrder();
  const before = await givenBack();
  const refundId = await begin(orderId, 900);
  await simulator.change({ timeoutAfterShare: 1 });
  expect(await refunders(300)[0]?.(refundId)).toMatchObject({ kind: 'postponed' });
  await simulator.change({ timeoutAfterShare: 0 });
  await house.database.pool.query(
    "UPDATE refunds SET created_at = created_at - interval '7 hours' WHERE refund_id = $1",
    [refundId],
  );
  // Another key is what a provider sees of one that it has forgotten.
  const provider = { ...createPaymentProvider('primary', simulator.url) };
  const { refund } = provider;
  provider.refund = (request) => refund({ ...request, refundId: `rfd_${randomUUID()}` });
  const execute = refunder({ on: house.database.pool, providerNamed: () => provider, log });
  expect(await execute(refundId)).toEqual({ kind: 'done' });
  expect(await since(before)).toEqual({ count: 1, amount: 900 });
  expect(await moneyOf(orderId)).toMatchObject({ refunds: ['refunded'], posted: [900] });
});

test('a refund that nobody has asked for in all that time is asked for', async () => {
  const orderId = await paidOrder();
  const before = await givenBack();
  const refundId = await begin(orderId, 900);
  await house.database.pool.query(
    "UPDATE refunds SET created_at = created_at - interval '7 hours' WHERE refund_id = $1",
    [refundId],
  );
  expect(await refunders()[0]?.(refundId)).toEqual({ kind: 'done' });
  expect(await since(before)).toEqual({ count: 1, amount: 900 });
});

test('two last refunds at once leave the payment refunded, to the cent', async () => {
  const orderId = await paidOrder();
  const before = await givenBack();
  const refundIds = [await begin(orderId, 900), await begin(orderId, price - 900)];
  // Both are settled at the same moment: neither is committed before the other has begun.
  const gate = await house.database.pool.connect();
  await gate.query('BEGIN; LOCK TABLE ledger_transactions IN SHARE MODE');
  const settling = Promise.all(refundIds.map((id, at) => refunders()[at]?.(id)));
  await eventually(async () => {
    const { rows } = await house.reports.query(
      "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    return rows.length;
  }).toBe(2);
  await gate.query('ROLLBACK');
  gate.release();
  await settling;
  expect(await since(before)).toEqual({ count: 2, amount: price });
  const money = await moneyOf(orderId);
  expect(money).toMatchObject({
    state: 'refunded',
    refunding_minor: price,
    refunds: ['refunded', 'refunded'],
  });
  expect([...money.posted].sort((a: number, b: number) => a - b)).toEqual([900, price - 900]);
});

test('while the provider is away a refund stays open, and is made when it is back', async () => {
  const orderId = await paidOrder();
  const before = await givenBack();
  const refundId = await begin(orderId, price);
  const [execute] = refunders();
  await simulator.change({ outage: true });
  expect(await execute?.(refundId)).toMatchObject({ kind: 'postponed' });
  expect(await moneyOf(orderId)).toMatchObject({ state: 'captured', refunds: ['initiated'], posted: [] });
  await simulator.change({ outage: false });
  await eventually(() => execute?.(refundId)).toEqual({ kind: 'done' });
  expect(await since(before)).toEqual({ count: 1, amount: price });
  expect(await moneyOf(orderId)).toMatchObject({ state: 'refunded', posted: [price] });
});

test.each([
  [
    { kind: 'refunded', providerRefundReference: 're_slow' } as const,
    { state: 'refunded', refunding_minor: price, refunds: ['refunded'], posted: [price] },
  ],
  [
    { kind: 'refused', code: 'failed' } as const,
    { state: 'captured', refunding_minor: 0, refunds: ['failed'], posted: [] },
  ],
])(
  'a refund that the provider takes its time for is asked about by its name until it is known: %j',
  async (end, money) => {
    const orderId = await paidOrder();
    const refundId = await begin(orderId, price);
    const asked: (string | null)[] = [];
    const provider = { ...createPaymentProvider('primary', simulator.url) };
    let answer: RefundOutcome = { kind: 'pending', providerRefundReference: 're_slow' };
    provider.refund = async () => {
      asked.push(null);
      return answer;
    };
    provider.findRefund = async ({ providerRefundReference }) => {
      asked.push(providerRefundReference);
      return answer;
    };
    const execute = refunder({ on: house.database.pool, providerNamed: () => provider, log });
    for (const _ of [1, 2]) expect(await execute(refundId)).toMatchObject({ kind: 'postponed' });
    expect(await moneyOf(orderId)).toMatchObject({ state: 'captured', refunds: ['initiated'], posted: [] });
    answer = end;
    expect(await execute(refundId)).toEqual({ kind: 'done' });
    expect(asked).toEqual([null, 're_slow', 're_slow']);
    expect(await moneyOf(orderId)).toEqual(money);
  },
);

const refusing = { ...createPaymentProvider('primary', 'http://nobody.invalid') };
refusing.refund = async () => ({ kind: 'refused', code: 'expired_card' });

/** What operators are shown of the order's payment, where it waits for a person. */
async function calledFor(orderId: OrderId) {
  const listed = await payments.unresolved(100, null);
  return 'data' in listed ? listed.data.find((payment) => payment.orderId === orderId) : undefined;
}

test('what a provider refuses for good is on record, and its amount may be given back in another way', async () => {
  const orderId = await paidOrder();
  const refundId = await begin(orderId, price);
  const execute = refunder({ on: house.database.pool, providerNamed: () => refusing, log });
  expect(await Promise.all([execute(refundId), execute(refundId)])).toEqual([
    { kind: 'done' },
    { kind: 'done' },
  ]);
  expect(await moneyOf(orderId)).toEqual({
    state: 'captured',
    refunding_minor: 0,
    refunds: ['failed'],
    posted: [],
  });
  const called = await calledFor(orderId);
  expect(called).toMatchObject({
    status: 'captured',
    unresolved: `primary refused to pay back ${price} USD (${refundId}): expired_card`,
  });
  expect(called?.steps.filter(({ step }) => step === 'unresolved')).toHaveLength(1);
  const [again] = refunders();
  expect(await again?.(await begin(orderId, price))).toEqual({ kind: 'done' });
  expect(await moneyOf(orderId)).toMatchObject({ state: 'refunded', posted: [price] });
  await settle(called?.paymentId);
  expect(await calledFor(orderId)).toBeUndefined();
});

/** The person who gave the money back says so. */
async function settle(paymentId: string | undefined, paidBackOutside = 0) {
  const request = { outcome: 'captured', reason: 'it was given back', paidBackOutside } as const;
  const settled = await payments.settle(paymentId ?? '', 'op', request);
  expect(settled).toMatchObject({ kind: 'settled', payment: { unresolved: null } });
}

test('a part that a provider refuses to pay back calls a person, who pays it in another way and says so', async () => {
  const orderId = await paidOrder();
  const refundIds = [await begin(orderId, 900), await begin(orderId, 800)];
  const execute = refunder({ on: house.database.pool, providerNamed: () => refusing, log });
  for (const refundId of refundIds) await execute(refundId);
  const called = await calledFor(orderId);
  for (const refundId of refundIds) expect(called?.unresolved).toContain(refundId);
  expect(
    await payments.settle(called?.paymentId ?? '', 'op', { outcome: 'declined', reason: 'no' }),
  ).toMatchObject({
    code: 'invalid_transition',
  });
  expect(called?.refundable).toEqual({ amount: price, currency: 'USD' });
  const decided = { outcome: 'captured', reason: 'by bank transfer' } as const;
  const decide = (paidBackOutside?: number) =>
    payments.settle(called?.paymentId ?? '', 'op', {
      ...decided,
      ...(paidBackOutside === undefined ? {} : { paidBackOutside }),
    });
  expect(await decide()).toMatchObject({ code: 'invalid_request', field: 'paidBackOutside' });
  expect(await decide(price + 1)).toMatchObject({
    code: 'refund_exceeds_captured',
    members: { refundable: { amount: price, currency: 'USD' } },
  });
  expect(await moneyOf(orderId)).toMatchObject({ refunds: ['failed', 'failed'], posted: [] });
  const settled = { kind: 'settled', payment: { unresolved: null, refundable: { amount: price - 1_700 } } };
  expect(await decide(1_700)).toMatchObject(settled);
  expect(await decide(1_700)).toMatchObject(settled);
  expect(await decide(800)).toMatchObject({ code: 'invalid_request', field: 'paidBackOutside' });
  expect(await moneyOf(orderId)).toMatchObject({
    state: 'captured',
    refunding_minor: 1_700,
    posted: [1_700],
  });
  expect(await calledFor(orderId)).toBeUndefined();
  expect(await verified(orderId)).toEqual([]);

  // What was paid outside is not given back once more by what gives back all that is left.
  expect(await fulfilment.refund(orderId, 'op', { reason: 'the rest' }, randomUUID())).toMatchObject({
    body: { amount: { amount: price - 1_700 } },
  });
});

test('all of it paid back past a provider that refuses ends the payment, and the return that waited', async () => {
  const { orderId, buyerId, called } = await returnedButRefused();
  await settle(called?.paymentId, price);
  expect(await moneyOf(orderId)).toMatchObject({
    state: 'refunded',
    refunding_minor: price,
    posted: [price],
  });
  expect(await house.orders.order(orderId, buyerId)).toMatchObject({
    status: 'refunded',
    paymentStatus: 'refunded',
    refunds: [{ status: 'failed' }, { status: 'refunded', amount: { amount: price } }],
    returns: [{ status: 'refunded' }],
  });
  expect(await verified(orderId)).toEqual([]);
});

/** Where the journal says something else than the rows of the order's sale. */
async function verified(orderId: OrderId) {
  const { rows } = await house.database.pool.query('SELECT sale_id FROM orders WHERE order_id = $1', [
    orderId,
  ]);
  return readEntriesAtFault(house.database.pool, rows[0].sale_id);
}

/** An order that came back, and a provider that refuses to pay it back: a person is called. */
async function returnedButRefused() {
  const orderId = await paidOrder();
  const { rows } = await house.database.pool.query('SELECT buyer_id FROM orders WHERE order_id = $1', [
    orderId,
  ]);
  const buyerId = rows[0].buyer_id;
  const buyers = buyerOrdersOn(house.database.pool, 3_600_000);
  await buyers.giveAddress(orderId, buyerId, address);
  for (const name of ['process', 'ship', 'deliver'] as const)
    await fulfilment.move(orderId, name, 'op', null);
  const request = { items: [{ sku: 'ps5', quantity: 1 }], reason: 'too loud' };
  const asked = await buyers.requestReturn(orderId, buyerId, request, randomUUID());
  if (asked.kind === 'refused') throw new Error(asked.code);
  const approved = await fulfilment.decideReturn(asked.body.returnId, 'approve', 'op', null);
  expect(approved).toMatchObject({ kind: 'done', order: { status: 'returned' } });

  const ofReturn = await house.database.pool.query('SELECT refund_id FROM refunds WHERE order_id = $1', [
    orderId,
  ]);
  const execute = refunder({ on: house.database.pool, providerNamed: () => refusing, log });
  expect(await execute(ofReturn.rows[0].refund_id)).toEqual({ kind: 'done' });
  const called = await calledFor(orderId);
  expect(called).toMatchObject({
    orderStatus: 'returned',
    unresolved: expect.stringContaining('expired_card'),
  });
  return { orderId, buyerId, called };
}

test('a return whose refund is refused calls a person, and is closed by the one that pays it all back', async () => {
  const { orderId, buyerId, called } = await returnedButRefused();
  const [again] = refunders();
  expect(await again?.(await begin(orderId, 900))).toEqual({ kind: 'done' });
  const order = () => house.orders.order(orderId, buyerId);
  expect(await order()).toMatchObject({ status: 'returned', returns: [{ status: 'approved' }] });
  expect(await again?.(await begin(orderId, price - 900))).toEqual({ kind: 'done' });
  expect(await order()).toMatchObject({
    status: 'refunded',
    paymentStatus: 'refunded',
    returns: [{ status: 'refunded' }],
  });
  await settle(called?.paymentId);
});
