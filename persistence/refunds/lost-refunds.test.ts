import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import Stripe from 'stripe';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type OrderId, orderIdOf, type RefundId } from '../../engine/contracts/ids.ts';
import type { PaymentProvider, RefundOutcome } from '../../engine/contracts/ports.ts';
import { eventually } from '../fixtures/eventually.ts';
import { testHouse } from '../fixtures/test-house.ts';
import { createLog } from '../log.ts';
import { fulfilmentOn } from '../orders/fulfilment.ts';
import { createPool } from '../postgres/pool.ts';
import { providerEventsOn } from '../providers/events.ts';
import { refunder } from './execute-refund.ts';
import { wakeRefunds } from './lost-refunds.ts';

const secret = 'whsec_of these tests';
const log = createLog('silent');
let house: Awaited<ReturnType<typeof testHouse>>;
beforeAll(async () => {
  house = await testHouse();
});
beforeEach(() => house.database.pool.query('UPDATE payments SET refunding_minor = 0; DELETE FROM refunds'));
afterAll(() => house.close());

/** An order that was paid; the worker that did it is gone, so that refunds are left to the test. */
async function paidOrder(): Promise<OrderId> {
  const worker = await house.startWorker();
  const held = await house.hold(await house.openSale(1));
  await house.pay(held);
  const orderId = orderIdOf(held.reservationId);
  await eventually(async () => (await house.orders.order(orderId, held.buyerId))?.status).toBe('confirmed');
  await worker.close();
  return orderId;
}

async function begin(orderId: OrderId): Promise<RefundId> {
  const request = { amount: 900, reason: 'a scratch' };
  const begun = await fulfilmentOn(house.database.pool).refund(orderId, 'op', request, randomUUID());
  if (begun.kind === 'refused') throw new Error(begun.code);
  return begun.body.refundId as RefundId;
}

/** The refunds that a pass wakes. */
async function due(): Promise<RefundId[]> {
  const woken: RefundId[] = [];
  await wakeRefunds(house.reports, { wake: async (ids) => void woken.push(...ids) });
  return woken;
}

const executeWith = (provider: PaymentProvider | undefined) =>
  refunder({ on: house.database.pool, providerNamed: () => provider, log });
const answering = (refund: () => Promise<RefundOutcome>): PaymentProvider => ({ ...house.provider, refund });
const unknown = async () => ({ kind: 'unknown', reason: 'away' }) as const;

async function stateOf(refundId: RefundId) {
  const { rows } = await house.database.pool.query<{ state: string; looks: number; pause: number }>(
    `SELECT state, looks, extract(epoch FROM looks_again_at - now())::float AS pause
     FROM refunds WHERE refund_id = $1`,
    [refundId],
  );
  return rows[0];
}

/** So many refunds, begun one after the other. */
async function beginMany(orderId: OrderId, count: number): Promise<void> {
  await house.database.pool.query(
    `INSERT INTO refunds (refund_id, buyer_id, order_id, payment_id, sale_id, amount_minor, currency, reason, requested_by)
     SELECT 'rfd_' || n, buyer_id, order_id, payment_id, sale_id, 1, currency, 'goodwill', 'op'
     FROM payments, generate_series(1, $2::integer) AS n WHERE order_id = $1`,
    [orderId, count],
  );
}

const pending = async () => ({ kind: 'pending', providerRefundReference: 're_slow' }) as const;
const failing = async () => {
  throw new Error('a bug');
};

test.each([
  ['have no provider any more', null],
  ['are not answered', unknown],
  ['are not paid back yet', pending],
  ['cannot be asked for', failing],
])('200 refunds that %s keep no later one waiting', async (_, refund) => {
  const orders = [await paidOrder(), await paidOrder()] as const;
  await beginMany(orders[0], 200);
  const later = await begin(orders[1]);
  const first = await due();
  expect(first).toHaveLength(200);
  expect(first).not.toContain(later);
  const inVain = executeWith(refund ? answering(refund) : undefined);
  for (const outcome of await Promise.all(first.map(inVain))) {
    expect(outcome).toMatchObject({ kind: 'postponed' });
  }
  expect(await due()).toContain(later);
  expect(await executeWith(house.provider)(later)).toEqual({ kind: 'done' });
});

test('a refund that stays open is looked at again after a pause that grows, however many workers look', async () => {
  const refundId = await begin(await paidOrder());
  expect(await due()).toEqual([refundId]);
  let lookers = 0;
  // Each has read it before one of them has put it off.
  const together = answering(async () => {
    lookers += 1;
    await eventually(() => lookers).toBe(3);
    return unknown();
  });
  await Promise.all([1, 2, 3].map(() => executeWith(together)(refundId)));
  const { looks, pause } = (await stateOf(refundId)) ?? { looks: 0, pause: 0 };
  expect(looks).toBe(1);
  expect(pause).toBeLessThanOrEqual(1.2);
  // A pause is not over because a machine is slow.
  await house.database.pool.query("UPDATE refunds SET looks_again_at = 'infinity'");
  expect(await due()).toEqual([]);

  const pauses: number[] = [];
  for (let look = 2; look <= 16; look += 1) {
    await executeWith(answering(unknown))(refundId);
    pauses.push((await stateOf(refundId))?.pause ?? 0);
  }
  // Those before it are 75 s, a fifth more or less, as it is of 38 s.
  expect(pauses[8]).toBeGreaterThan(29);
  expect(pauses[8]).toBeLessThan(47);
  expect(pauses.at(-1)).toBeGreaterThan(235);
  expect(pauses.at(-1)).toBeLessThanOrEqual(360);
});

test('refunds that stay open in the same moment are not looked at again together', async () => {
  await beginMany(await paidOrder(), 20);
  // One connection in one transaction: its clock stands, so whatever differs is no time that has passed.
  const on = createPool(house.database.url, { connectionsMax: 1, name: 'test' });
  try {
    await on.query('BEGIN');
    await on.query('UPDATE refunds SET looks = 16');
    const execute = refunder({ on, providerNamed: () => answering(unknown), log });
    for (let n = 1; n <= 20; n += 1) await execute(`rfd_${n}`);
    const { rows } = await on.query<{ pause: number }>(
      'SELECT extract(epoch FROM looks_again_at - now())::float AS pause FROM refunds',
    );
    const pauses = rows.map((row) => row.pause);
    expect(new Set(pauses).size).toBe(20);
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(240);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(360);
  } finally {
    await on.query('ROLLBACK');
    await on.end();
  }
});

/** The provider tells of it, as its webhook does. */
async function tell(type: string, refundId: RefundId) {
  const payload = JSON.stringify({
    ...{ id: randomUUID(), type },
    data: { object: { metadata: { refund_id: refundId } } },
  });
  const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret });
  const events = providerEventsOn(house.database.pool, { primary: secret });
  expect(await events.take('primary', payload, signature)).toEqual({ kind: 'taken' });
}

test('a refund that its provider tells of is looked at at once, whatever its pause', async () => {
  const orderId = await paidOrder();
  const [refundId, other] = [await begin(orderId), await begin(orderId)];
  await house.database.pool.query("UPDATE refunds SET looks = 12, looks_again_at = 'infinity'");
  await tell('refund.updated', refundId);
  expect(await due()).toEqual([refundId]);
  expect(await stateOf(other)).toMatchObject({ looks: 12, pause: Number.POSITIVE_INFINITY });

  // Told while somebody asks: what they hear may be older.
  await house.database.pool.query("UPDATE refunds SET looks = 12, looks_again_at = 'infinity'");
  const late = answering(async () => {
    await tell('refund.failed', refundId);
    return unknown();
  });
  expect(await executeWith(late)(refundId)).toMatchObject({ kind: 'postponed' });
  expect(await due()).toEqual([refundId]);

  expect(await executeWith(house.provider)(refundId)).toEqual({ kind: 'done' });
  await tell('refund.updated', refundId);
  expect(await due()).toEqual([]);
});

test('a worker leaves a refund alone while it waits, and asks as soon as its provider tells of it', async () => {
  const refundId = await begin(await paidOrder());
  let asked = 0;
  let answer: () => Promise<RefundOutcome> = pending;
  const ask = async () => {
    asked += 1;
    return answer();
  };
  const provider = { ...house.provider, refund: ask, findRefund: ask };
  const worker = await house.startWorker({ providers: [provider] });
  await eventually(async () => {
    const { rows } = await house.database.pool.query(
      "UPDATE refunds SET looks_again_at = 'infinity' WHERE looks > 0 AND looks_again_at > now() RETURNING refund_id",
    );
    return rows.length;
  }).toBe(1);
  const before = asked;
  await sleep(700);
  expect(asked).toBe(before);
  answer = async () => ({ kind: 'refunded', providerRefundReference: 're_slow' });
  await tell('refund.updated', refundId);
  await eventually(async () => (await stateOf(refundId))?.state).toBe('refunded');
  await worker.close();
});
