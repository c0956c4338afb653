import { randomUUID } from 'node:crypto';
import Stripe from 'stripe';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { orderIdOf } from '../../engine/contracts/ids.ts';
import type { FoundPayment, PaymentProvider } from '../../engine/contracts/ports.ts';
import { eventually } from '../fixtures/eventually.ts';
import { testSimulator } from '../fixtures/simulator.ts';
import { type Hold, testHouse } from '../fixtures/test-house.ts';
import { createLog } from '../log.ts';
import { createPaymentProvider } from '../providers/create.ts';
import { providerEventsOn } from '../providers/events.ts';
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
async function tell(type: string, metadata: object, id: string = randomUUID()) {
  const payload = JSON.stringify({ id, type, data: { object: { metadata } } });
  const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret });
  expect(await events.take('primary', payload, signature)).toEqual({ kind: 'taken' });
}
const unacted = async () => {
  const { rows } = await house.database.pool.query(
    'SELECT event_id FROM provider_events WHERE acted_at IS NULL',
  );
  return rows.length;
};

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
  const { held, paymentId } = await atTheBank();
  const before = (await simulator.tally()).captured.count;
  for (const type of ['payment_intent.succeeded', 'charge.succeeded', 'payment_intent.canceled']) {
    await tell(type, { payment_id: paymentId });
  }
  await eventually(unacted).toBe(0);
  await eventually(async () => (await paymentOf(held))?.state).toBe('initiated');
  expect(await statusOf(held)).toBe('pending');
  expect((await simulator.tally()).captured.count).toBe(before);
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
async function declinedButTold(type: string): Promise<{ held: Hold; paymentId: string }> {
  const worker = await house.startWorker();
  const held = await house.hold(await house.openSale(1));
  await house.pay(held, 'tok_declined');
  await eventually(async () => (await paymentOf(held))?.state).toBe('declined');
  await worker.close();
  const paymentId = (await paymentOf(held))?.payment_id ?? '';
  await tell(type, { payment_id: paymentId });
  return { held, paymentId };
}

/** Acts on events with a provider that answers so when it is asked about a payment. */
function actWith(found: FoundPayment) {
  const voided: string[] = [];
  const provider = {
    ...house.provider,
    find: async () => found,
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
  return { run, voided };
}

test('money of a payment that had ended calls a person, once the provider says so, too', async () => {
  await running.close();
  const { held } = await declinedButTold('payment_intent.succeeded');
  expect(await actWith({ kind: 'unknown', reason: 'away' }).run()).toBe(0);
  expect(await paymentOf(held)).toMatchObject({ state: 'declined', unresolved: null });
  expect(await unacted()).toBe(1);
  expect(await actWith({ kind: 'captured', providerReference: 'pi_late' }).run()).toBe(1);
  expect(await paymentOf(held)).toMatchObject({
    state: 'declined',
    unresolved: expect.stringContaining('pi_late'),
  });
});

test('what is set aside for a payment that had ended is given back', async () => {
  await running.close();
  const { held, paymentId } = await declinedButTold('payment_intent.amount_capturable_updated');
  const { run, voided } = actWith({ kind: 'authorized', providerReference: 'pi_aside' });
  expect(await run()).toBe(1);
  expect(voided).toEqual([paymentId]);
  expect((await paymentOf(held))?.unresolved).toBeNull();
});
