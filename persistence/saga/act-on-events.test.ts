import { randomUUID } from 'node:crypto';
import Stripe from 'stripe';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OrderId, orderIdOf, type RefundId } from '../../engine/contracts/ids.ts';
import type {
  FoundPayment,
  PaymentProvider,
  ProviderPayment,
  ProviderRefund,
  RefundOutcome,
} from '../../engine/contracts/ports.ts';
import { findDiscrepancies } from '../discrepancies/find.ts';
import { eventually } from '../fixtures/eventually.ts';
import { testSimulator } from '../fixtures/simulator.ts';
import { type Hold, testHouse } from '../fixtures/test-house.ts';
import { createLog } from '../log.ts';
import { fulfilmentOn } from '../orders/fulfilment.ts';
import { paymentsOn } from '../payments/unresolved.ts';
import { createPaymentProvider } from '../providers/create.ts';
import { providerEventsOn } from '../providers/events.ts';
import { refunder } from '../refunds/execute-refund.ts';
import { actOnEvents } from './act-on-events.ts';

const secret = 'whsec_of these tests';
let simulator: Awaited<ReturnType<typeof testSimulator>>;
let house: Awaited<ReturnType<typeof testHouse>>;
let events: ReturnType<typeof providerEventsOn>;
let running: Awaited<ReturnType<typeof house.startWorker>>;
beforeAll(async () => {
  [simulator, house] = await Promise.all([testSimulator(), testHouse()]);
  events = providerEventsOn(house.database.pool, { primary: secret });
  running = await house.startWorker({ providers: [createPaymentProvider('primary', simulator.url)] });
});
afterAll(async () => {
  await house.close();
  simulator.close();
});

const statusOf = async ({ reservationId, buyerId }: Hold) =>
  (await house.orders.order(orderIdOf(reservationId), buyerId))?.status;

async function paymentOf(held: Hold) {
  const { rows } = await house.database.pool.query<{
    payment_id: string;
    state: string;
    unresolved: string | null;
    next_action: { url: string } | null;
  }>('SELECT payment_id, state, unresolved, next_action FROM payments WHERE buyer_id = $1', [held.buyerId]);
  return rows[0];
}

/** The provider tells of it, as its webhook does. */
async function tell(type: string, metadata: object, id: string = randomUUID(), of: object = {}) {
  const payload = JSON.stringify({ id, type, data: { object: { ...of, metadata } } });
  const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret });
  expect(await events.take('primary', payload, signature)).toEqual({ kind: 'taken' });
}
const unacted = async () => {
  const { rows } = await house.database.pool.query(
    'SELECT event_id FROM provider_events WHERE acted_at IS NULL',
  );
  return rows.length;
};

/** The pauses of what could not be acted on are over. */
const afterTheirPauses = () =>
  house.database.pool.query('UPDATE provider_events SET looks_again_at = now() WHERE acted_at IS NULL');

/** A buyer at the bank, whose payment nobody looks at by himself any more. */
async function atTheBank(): Promise<{ held: Hold; paymentId: string; url: string }> {
  const held = await house.hold(await house.openSale(1));
  await house.pay(held, 'tok_3ds');
  await eventually(async () => (await paymentOf(held))?.next_action).not.toBeNull();
  await eventually(async () => {
    await house.database.pool.query(
      "UPDATE payments SET looks_again_at = 'infinity', lease_until = now() WHERE buyer_id = $1",
      [held.buyerId],
    );
    return (await paymentOf(held))?.state;
  }).toBe('initiated');
  const payment = await paymentOf(held);
  return { held, paymentId: payment?.payment_id ?? '', url: payment?.next_action?.url ?? '' };
}

test('an event wakes a payment, and what becomes of it is asked of the provider', async () => {
  const { held, paymentId, url } = await atTheBank();
  await simulator.authenticate(url, 'complete');
  // It says the opposite of what is true, first of all.
  await tell('payment_intent.payment_failed', { payment_id: paymentId });
  await eventually(() => statusOf(held)).toBe('confirmed');
  expect((await simulator.tally()).referencesCapturedTwice).toEqual([]);
});

test('an event decides nothing: what it says of a payment that is not paid changes nothing', async () => {
  const { held, paymentId, url } = await atTheBank();
  const before = (await simulator.tally()).captured.count;
  for (const type of ['payment_intent.succeeded', 'charge.succeeded', 'payment_intent.canceled']) {
    await tell(type, { payment_id: paymentId });
  }
  // Those that tell of money are looked at when the payment has come to an end.
  await eventually(unacted).toBe(2);
  await eventually(async () => (await paymentOf(held))?.state).toBe('initiated');
  expect(await statusOf(held)).toBe('pending');
  expect((await simulator.tally()).captured.count).toBe(before);
  await simulator.authenticate(url, 'complete');
  await eventually(unacted).toBe(0);
  expect(await paymentOf(held)).toMatchObject({ state: 'captured', unresolved: null });
});

test('events of a settled payment, late, twice and in any order, change nothing and tell nobody', async () => {
  const held = await house.hold(await house.openSale(1));
  await house.pay(held);
  await eventually(() => statusOf(held)).toBe('confirmed');
  await eventually(() => house.pushes.filter(({ buyerId }) => buyerId === held.buyerId).length).toBe(1);
  const paymentId = (await paymentOf(held))?.payment_id;
  for (const type of [
    'payment_intent.succeeded',
    'payment_intent.payment_failed',
    'payment_intent.created',
  ]) {
    await tell(type, { payment_id: paymentId }, `evt_${held.buyerId}_${type}`);
    await tell(type, { payment_id: paymentId }, `evt_${held.buyerId}_${type}`);
  }
  await eventually(unacted).toBe(0);
  expect(await paymentOf(held)).toMatchObject({ state: 'captured', unresolved: null });
  expect(house.pushes.filter(({ buyerId }) => buyerId === held.buyerId)).toHaveLength(1);
});

/** A payment that was declined, and an event that says that money was taken; no worker is left to act on it. */
async function declinedButTold(type: string, of: object = {}): Promise<{ held: Hold; paymentId: string }> {
  const worker = await house.startWorker();
  const held = await house.hold(await house.openSale(1));
  await house.pay(held, 'tok_declined');
  await eventually(async () => (await paymentOf(held))?.state).toBe('declined');
  await worker.close();
  const paymentId = (await paymentOf(held))?.payment_id ?? '';
  await tell(type, { payment_id: paymentId }, randomUUID(), of);
  return { held, paymentId };
}

/** Acts on events with a provider that answers so when it is asked about a payment. */
function actWith(found: FoundPayment, back: RefundOutcome = { kind: 'unknown', reason: 'not asked for' }) {
  const voided: string[] = [];
  const sought: (string | null)[] = [];
  const asked: ProviderRefund[] = [];
  const provider = {
    ...house.provider,
    find: async ({ providerReference }: ProviderPayment) => {
      sought.push(providerReference);
      return found;
    },
    findRefund: async (refund: ProviderRefund) => {
      asked.push(refund);
      return back;
    },
    void: async ({ paymentId }: { paymentId: string }) => {
      voided.push(paymentId);
      return { kind: 'voided' as const };
    },
  } satisfies PaymentProvider;
  const run = () =>
    actOnEvents({
      rows: house.database.pool,
      reports: house.reports,
      queue: house.queue,
      refunds: { wake: async () => {} },
      providerNamed: () => provider,
      log: createLog('silent'),
    });
  return { run, voided, sought, asked };
}

test('money of a payment that had ended calls a person, once the provider says so, too', async () => {
  await running.close();
  const { held } = await declinedButTold('payment_intent.succeeded');
  expect(await actWith({ kind: 'unknown', reason: 'away' }).run()).toBe(0);
  expect(await paymentOf(held)).toMatchObject({ state: 'declined', unresolved: null });
  expect(await unacted()).toBe(1);
  await afterTheirPauses();
  expect(await actWith({ kind: 'captured', providerReference: 'pi_late' }).run()).toBe(1);
  expect(await paymentOf(held)).toMatchObject({
    state: 'declined',
    unresolved: expect.stringContaining('pi_late'),
  });
});

/** What a provider may say of a payment that it took the money of, as long as it does not show that. */
const notShown: FoundPayment[] = [
  { kind: 'none' },
  { kind: 'declined', declineCode: 'card_declined', providerReference: 'pi_late' },
  { kind: 'requires_action', url: 'http://bank', providerReference: 'pi_late' },
  { kind: 'unavailable', reason: 'away' },
];

test.each(notShown)(
  'money of a payment that had ended is looked for until it is shown: %j',
  async (found) => {
    await running.close();
    const { held } = await declinedButTold('payment_intent.succeeded');
    for (let looks = 0; looks < 3; looks += 1) {
      expect(await actWith(found).run()).toBe(0);
      await afterTheirPauses();
    }
    expect(await actWith({ kind: 'captured', providerReference: 'pi_late' }).run()).toBe(1);
    expect((await paymentOf(held))?.unresolved).toContain('pi_late');
  },
);

test.each([
  ['payment_intent.succeeded', { id: 'pi_told', object: 'payment_intent' }, 'pi_told'],
  ['charge.succeeded', { id: 'ch_1', object: 'charge', payment_intent: 'pi_told' }, 'pi_told'],
  ['charge.succeeded', { id: 'ch_1', object: 'charge', payment_intent: null }, null],
  ['charge.succeeded', { id: 'ch_1', object: 'charge', payment_intent: "pi_'; DROP" }, null],
])('%s is looked for by the name that it tells: %j', async (type, of, reference) => {
  await running.close();
  await declinedButTold(type, of);
  const { run, sought } = actWith({ kind: 'captured', providerReference: 'pi_told' });
  expect(await run()).toBe(1);
  expect(sought).toEqual([reference]);
});

test('what tells of money while its payment is under way is looked at when that has ended', async () => {
  await running.close();
  const held = await house.hold(await house.openSale(1));
  await house.pay(held, 'tok_declined');
  const payment = await paymentOf(held);
  await tell('payment_intent.succeeded', { payment_id: payment?.payment_id });
  // However long that takes, nobody is called for it: the payment is looked after anyway.
  await house.database.pool.query('UPDATE provider_events SET looks = 84 WHERE acted_at IS NULL');
  const { run, sought } = actWith({ kind: 'captured', providerReference: 'pi_late' });
  expect(await run()).toBe(0);
  expect(sought).toEqual([]);
  expect(await paymentOf(held)).toMatchObject({ state: 'initiated', unresolved: null });
  const worker = await house.startWorker();
  await eventually(async () => (await paymentOf(held))?.state).toBe('declined');
  await worker.close();
  await afterTheirPauses();
  expect(await run()).toBe(1);
  expect((await paymentOf(held))?.unresolved).toContain('pi_late');
});

test.each<[FoundPayment, string | null]>([
  [{ kind: 'declined', declineCode: 'card_declined', providerReference: 'pi_late' }, null],
  [{ kind: 'none' }, 'does not say'],
  [{ kind: 'requires_action', url: 'http://bank', providerReference: 'pi_late' }, 'does not say'],
])(
  'what a provider says for three days of money that it told of is so, if it says so: %j',
  async (found, reason) => {
    await running.close();
    const { held } = await declinedButTold('payment_intent.succeeded');
    await house.database.pool.query('UPDATE provider_events SET looks = 84 WHERE acted_at IS NULL');
    expect(await actWith(found).run()).toBe(1);
    expect(await unacted()).toBe(0);
    expect((await paymentOf(held))?.unresolved ?? null).toEqual(
      reason === null ? null : expect.stringContaining(reason),
    );
  },
);

test('a payment that its provider called off meanwhile took nothing', async () => {
  await running.close();
  const { held } = await declinedButTold('payment_intent.amount_capturable_updated');
  expect(await actWith({ kind: 'voided', providerReference: 'pi_aside' }).run()).toBe(1);
  expect((await paymentOf(held))?.unresolved).toBeNull();
});

test('what is set aside for a payment that had ended is given back', async () => {
  await running.close();
  const { held, paymentId } = await declinedButTold('payment_intent.amount_capturable_updated');
  const { run, voided } = actWith({ kind: 'authorized', providerReference: 'pi_aside' });
  expect(await run()).toBe(1);
  expect(voided).toEqual([paymentId]);
  expect((await paymentOf(held))?.unresolved).toBeNull();
});

/** An order whose money went back in one refund; no worker is left. */
async function refundedOrder(): Promise<{
  held: Hold;
  orderId: OrderId;
  saleId: string;
  refundId: RefundId;
}> {
  const worker = await house.startWorker({ providers: [createPaymentProvider('primary', simulator.url)] });
  const sale = await house.openSale(1);
  const held = await house.hold(sale);
  await house.pay(held);
  await eventually(() => statusOf(held)).toBe('confirmed');
  const orderId = orderIdOf(held.reservationId);
  const refundId = await beginRefund(orderId);
  await eventually(async () => (await paymentOf(held))?.state).toBe('refunded');
  await worker.close();
  return { held, orderId, saleId: sale.config.id, refundId };
}

async function beginRefund(orderId: OrderId): Promise<RefundId> {
  const fulfilment = fulfilmentOn(house.database.pool);
  const begun = await fulfilment.refund(orderId, 'op', { reason: 'a scratch' }, randomUUID());
  if (begun.kind === 'refused') throw new Error(begun.code);
  return begun.body.refundId as RefundId;
}

/** What the ledger says is left of the order's money with the provider, and the kinds of its entries. */
async function booksOf(orderId: OrderId) {
  const { rows } = await house.database.pool.query(
    `SELECT jsonb_agg(DISTINCT kind) AS kinds,
       sum(CASE WHEN source = 'provider/primary' THEN amount WHEN destination = 'provider/primary' THEN -amount END)::int
         AS taken
     FROM ledger_transactions JOIN postings ON transaction_id = id WHERE order_id = $1`,
    [orderId],
  );
  return rows[0];
}
const discrepanciesOf = async (saleId: string) => {
  const { rows, reports, log } = {
    rows: house.database.pool,
    reports: house.reports,
    log: createLog('silent'),
  };
  const found = await findDiscrepancies({ rows, reports, settlement: house.settlement, log }, saleId);
  return found?.discrepancies.map(({ kind, subject }) => ({ kind, subject }));
};

test('a refund that fails after it was paid back is taken back from the books, and calls a person', async () => {
  await running.close();
  const { held, orderId, saleId, refundId } = await refundedOrder();
  const paymentId = (await paymentOf(held))?.payment_id as `pay_${string}`;
  await eventually(() => discrepanciesOf(saleId)).toEqual([]);
  await tell('refund.failed', { refund_id: refundId });
  // What an event says decides nothing: its provider is asked, by the refund's name there.
  expect(await actWith({ kind: 'none' }, { kind: 'unknown', reason: 'away' }).run()).toBe(0);
  await afterTheirPauses();
  const refused = actWith({ kind: 'none' }, { kind: 'refused', code: 'failed' });
  expect(await refused.run()).toBe(1);
  expect(refused.asked).toMatchObject([{ refundId, providerRefundReference: expect.stringMatching(/^re_/) }]);

  const failed = { state: 'captured', unresolved: expect.stringContaining(refundId) };
  expect(await paymentOf(held)).toMatchObject(failed);
  expect(await booksOf(orderId)).toEqual({
    kinds: ['order_confirmed', 'order_refunded', 'refund_failed'],
    taken: 49_900,
  });
  expect(await discrepanciesOf(saleId)).toEqual([{ kind: 'unresolvedPayment', subject: paymentId }]);
  // Told again, nothing happens twice.
  await tell('charge.refund.updated', { refund_id: refundId });
  expect(await actWith({ kind: 'none' }, { kind: 'refused', code: 'failed' }).run()).toBe(1);
  expect((await booksOf(orderId)).taken).toBe(49_900);

  // The person gives the money back once more, and says so; nobody is told anew that the order is paid.
  const again = await beginRefund(orderId);
  const provider = { ...house.provider, name: 'primary' };
  const execute = refunder({
    on: house.database.pool,
    providerNamed: () => provider,
    log: createLog('silent'),
  });
  expect(await execute(again)).toEqual({ kind: 'done' });
  expect((await booksOf(orderId)).taken).toBe(0);
  const woken: string[][] = [];
  const queue = { wakeAgain: async (ids: readonly string[]) => void woken.push([...ids]) };
  const payments = paymentsOn(house.database.pool, queue, createLog('silent'));
  const settled = await payments.settle(paymentId, 'op', { outcome: 'captured', reason: 'given back again' });
  expect(settled).toMatchObject({ kind: 'settled', payment: { status: 'refunded', unresolved: null } });
  expect(woken).toEqual([]);
  expect(await discrepanciesOf(saleId)).toEqual([]);
});

test('a refund that its provider still calls paid back stays so, whatever an event says', async () => {
  await running.close();
  const { held, orderId, refundId } = await refundedOrder();
  await tell('refund.updated', { refund_id: refundId });
  const same = actWith({ kind: 'none' }, { kind: 'refunded', providerRefundReference: 're_1' });
  expect(await same.run()).toBe(1);
  expect(await paymentOf(held)).toMatchObject({ state: 'refunded', unresolved: null });
  expect((await booksOf(orderId)).taken).toBe(0);
});

test('what a provider cannot say of a refund is asked again after a pause that grows, however many workers ask', async () => {
  await running.close();
  const { refundId } = await refundedOrder();
  await tell('refund.failed', { refund_id: refundId }, refundId);
  const mute = actWith({ kind: 'none' }, { kind: 'unknown', reason: 'the provider answered 404' });
  const event = async () => {
    const { rows } = await house.database.pool.query(
      `SELECT looks, acted_at, looks_again_at > now() AS waits, looks_again_at > now() + interval '47 minutes' AS "waitsLong"
       FROM provider_events WHERE event_id = $1`,
      [refundId],
    );
    return rows[0];
  };
  expect(await Promise.all([mute.run(), mute.run(), mute.run()])).toEqual([0, 0, 0]);
  expect(await event()).toEqual({ looks: 1, acted_at: null, waits: true, waitsLong: false });
  // A pause is not over because a machine is slow.
  await house.database.pool.query(
    "UPDATE provider_events SET looks_again_at = 'infinity' WHERE event_id = $1",
    [refundId],
  );
  const asked = mute.asked.length;
  for (const _ of [1, 2, 3]) expect(await mute.run()).toBe(0);
  expect(mute.asked).toHaveLength(asked);

  for (let looks = 2; looks <= 13; looks += 1) {
    await afterTheirPauses();
    await mute.run();
  }
  expect(await event()).toEqual({ looks: 13, acted_at: null, waits: true, waitsLong: true });
  await afterTheirPauses();
  expect(await actWith({ kind: 'none' }, { kind: 'refunded', providerRefundReference: 're_1' }).run()).toBe(
    1,
  );
});

test('what a provider cannot say in the same moment is not asked again together', async () => {
  await running.close();
  const { refundId } = await refundedOrder();
  const ids = Array.from({ length: 20 }, (_, at) => `${refundId} ${at}`);
  for (const id of ids) await tell('refund.failed', { refund_id: refundId }, id);
  await house.database.pool.query('UPDATE provider_events SET looks = 12 WHERE event_id = ANY($1)', [ids]);
  // They are put off in one statement.
  await actWith({ kind: 'none' }, { kind: 'unknown', reason: 'the provider answered 404' }).run();
  const { rows } = await house.database.pool.query<{ pauses: number; apart: number }>(
    `SELECT count(DISTINCT looks_again_at)::integer AS pauses,
       extract(epoch FROM max(looks_again_at) - min(looks_again_at))::float AS apart
     FROM provider_events WHERE event_id = ANY($1) AND looks = 13`,
    [ids],
  );
  expect(rows[0]?.pauses).toBe(20);
  expect(rows[0]?.apart).toBeLessThanOrEqual(1_440);
  await afterTheirPauses();
  await actWith({ kind: 'none' }, { kind: 'refunded', providerRefundReference: 're_1' }).run();
  expect(await unacted()).toBe(0);
});

test('what a provider cannot say for three days is for a person, once', async () => {
  await running.close();
  const { held, orderId, refundId } = await refundedOrder();
  const paymentId = (await paymentOf(held))?.payment_id as `pay_${string}`;
  await tell('refund.failed', { refund_id: refundId });
  await house.database.pool.query('UPDATE provider_events SET looks = 84 WHERE acted_at IS NULL');
  const mute = actWith({ kind: 'none' }, { kind: 'unknown', reason: 'the provider answered 404' });
  await Promise.all([mute.run(), mute.run()]);
  expect(await unacted()).toBe(0);
  const { unresolved } = (await paymentOf(held)) ?? {};
  expect(unresolved?.split(refundId)).toHaveLength(2);
  expect((await booksOf(orderId)).taken).toBe(0);

  const payments = paymentsOn(house.database.pool, house.queue, createLog('silent'));
  const settled = await payments.settle(paymentId, 'op', { outcome: 'captured', reason: 'it was paid back' });
  expect(settled).toMatchObject({ kind: 'settled', payment: { status: 'refunded', unresolved: null } });
});

test('a refund that fails while an older answer is about to be committed is known to have failed', async () => {
  await running.close();
  const worker = await house.startWorker({ providers: [createPaymentProvider('primary', simulator.url)] });
  const held = await house.hold(await house.openSale(1));
  await house.pay(held);
  await eventually(() => statusOf(held)).toBe('confirmed');
  await worker.close();
  const orderId = orderIdOf(held.reservationId);
  const refundId = await beginRefund(orderId);
  const failed = actWith({ kind: 'none' }, { kind: 'refused', code: 'failed' });
  const execute = refunder({
    on: house.database.pool,
    providerNamed: () => ({
      ...house.provider,
      // It fails, and its event is seen, before the worker hears that it was paid back.
      refund: async () => {
        await tell('refund.failed', { refund_id: refundId });
        await failed.run();
        return { kind: 'refunded', providerRefundReference: 're_1' };
      },
    }),
    log: createLog('silent'),
  });
  expect(await execute(refundId)).toEqual({ kind: 'done' });
  expect(await paymentOf(held)).toMatchObject({ state: 'refunded', unresolved: null });
  expect(await failed.run()).toBe(1);
  expect(await paymentOf(held)).toMatchObject({
    state: 'captured',
    unresolved: expect.stringContaining(refundId),
  });
  expect(await booksOf(orderId)).toMatchObject({ taken: 49_900 });
});
