import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { passBy } from '../../engine/contracts/crash-points.ts';
import { orderIdOf, type PaymentId } from '../../engine/contracts/ids.ts';
import type { ChargeOutcome } from '../../engine/contracts/ports.ts';
import { eventually } from '../fixtures/eventually.ts';
import { testSimulator } from '../fixtures/simulator.ts';
import { type Hold, testHouse } from '../fixtures/test-house.ts';
import { createLog } from '../log.ts';
import { paymentReader } from '../payments/payment-row.ts';
import { settlementsOn } from '../payments/settlements.ts';
import { providersIn } from '../providers/choice.ts';
import { createPaymentProvider } from '../providers/create.ts';
import { holdSettlement } from '../workers/hold-settlement.ts';
import { claimsOn } from './claims.ts';
import { paymentSaga } from './saga.ts';

/** A port where nobody listens, until somebody does. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

let house: Awaited<ReturnType<typeof testHouse>>;
let port: number;
const back: Awaited<ReturnType<typeof testSimulator>>[] = [];
beforeAll(async () => {
  house = await testHouse();
  port = await freePort();
  const second = await freePort();
  const options = { timeoutMs: 300, halfOpenAfterMs: 200 };
  await house.startWorker({
    providers: [
      createPaymentProvider('primary', `http://127.0.0.1:${port}`, options),
      createPaymentProvider('second', `http://127.0.0.1:${second}`, options),
    ],
    times: { unresolvedAfterMs: 1_000 },
  });
});
afterAll(async () => {
  await house.close();
  for (const provider of back) provider.close();
});

const orderOf = ({ reservationId, buyerId }: Hold) => house.orders.order(orderIdOf(reservationId), buyerId);
/** What a buyer was told: at least once, and nothing else. */
const outcomesOf = ({ buyerId }: Hold) => {
  const told = house.pushes.flatMap((push) =>
    push.ev === 'order' && push.buyerId === buyerId ? [push] : [],
  );
  // That an order failed is told by its decline and by the relay; a socket tells it once.
  return [...new Map(told.map((push) => [`${push.status} ${push.hasFailed === true}`, push])).values()];
};
const itemsOf = async (saleId: string) => (await house.sales.audit(saleId))?.items;

async function paymentOf({ buyerId }: Hold) {
  const { rows } = await house.database.pool.query<{
    state: string;
    asked: string | null;
    unresolved: string | null;
  }>('SELECT state, asked, unresolved FROM payments WHERE buyer_id = $1', [buyerId]);
  return rows[0];
}

test('while every provider is away a payment waits, pinned, as long as its sale allows; then it is refused', async () => {
  const sale = await house.openSale(2, { holdSeconds: 10 });
  const [one, both] = [await house.hold(sale), await house.hold(sale)];
  await house.pay(one, 'tok_visa', 'one');
  await house.pay(both, 'tok_visa', 'both', { second: 'tok_visa' });
  // What is looked at: where the payment stands, then its units. They are pinned as long as it is not decided.
  const pinned: number[] = [];
  for (;;) {
    await house.engine.runOnce();
    const items = await itemsOf(sale.config.id);
    const states = [(await paymentOf(one))?.state, (await paymentOf(both))?.state];
    if (states.includes('declined')) break;
    pinned.push(items?.[0]?.paying ?? 0);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  expect(pinned.length).toBeGreaterThan(0);
  expect(new Set(pinned)).toEqual(new Set([2]));
  for (const held of [one, both]) {
    await eventually(() => outcomesOf(held)).toMatchObject([
      {
        status: 402,
        body: { code: 'payment_declined', declineCode: 'provider_unavailable' },
        hasFailed: true,
      },
    ]);
  }
  expect(await house.pay(one, 'tok_visa', 'one')).toMatchObject({
    kind: 'final',
    status: 402,
    body: { declineCode: 'provider_unavailable' },
  });
  // Their holds had ended meanwhile, and so do their orders; the units are sold to others.
  await eventually(async () => {
    await house.engine.runOnce();
    return [(await orderOf(one))?.status, (await orderOf(both))?.status];
  }).toEqual(['failed', 'failed']);
  await eventually(() => itemsOf(sale.config.id)).toMatchObject([{ available: 2, paying: 0, committed: 0 }]);
});

test('whoever waited is charged once when a provider is back in time, and told', async () => {
  const sale = await house.openSale(1, { holdSeconds: 600 });
  const held = await house.hold(sale);
  await house.pay(held);
  await eventually(async () => (await paymentOf(held))?.asked).toBeNull();
  const provider = await testSimulator({}, port);
  back.push(provider);
  await eventually(() => outcomesOf(held)).toMatchObject([{ status: 201 }]);
  const tally = (await (await fetch(`http://127.0.0.1:${port}/control/charges`)).json()) as object;
  expect(tally).toMatchObject({ captured: { count: 1 }, referencesCapturedTwice: [] });
  expect((await orderOf(held))?.status).toBe('confirmed');
});

test('a payment that may have been taken is never refused for its age: it waits for the answer, and for a person', async () => {
  const simulator = await testSimulator({ timeoutAfterShare: 1 });
  const other = await testHouse();
  try {
    const provider = createPaymentProvider('primary', simulator.url, {
      timeoutMs: 300,
      halfOpenAfterMs: 200,
    });
    let isAway = false;
    const charge: typeof provider.charge = async (request) =>
      isAway ? { kind: 'unavailable', reason: 'nobody listens there' } : provider.charge(request);
    const times = { turnMsMax: 700, unresolvedAfterMs: 1_000 };
    await other.startWorker({ providers: [{ ...provider, charge }], times });
    const sale = await other.openSale(1, { holdSeconds: 1 });
    const held = await other.hold(sale);
    await other.pay(held);
    const payment = async () =>
      (
        await other.database.pool.query<{ state: string; unresolved: string | null }>(
          'SELECT state, unresolved FROM payments',
        )
      ).rows[0];
    await eventually(async () => {
      await other.engine.runOnce();
      return payment();
    }).toMatchObject({ state: 'initiated', unresolved: expect.any(String) });
    // The hold would have ended long ago, and whoever is asked now is certain to have done nothing.
    isAway = true;
    await simulator.change({ timeoutAfterShare: 0 });
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    await other.engine.runOnce();
    expect((await other.sales.audit(sale.config.id))?.items).toMatchObject([{ paying: 1, available: 0 }]);
    expect(await payment()).toMatchObject({ state: 'initiated' });
    isAway = false;
    await eventually(payment).toMatchObject({ state: 'captured', unresolved: null });
    expect((await simulator.tally()).captured.count).toBe(1);
  } finally {
    await other.close();
    simulator.close();
  }
});

/** A provider that answers so, whatever it is. */
async function providerThat(answers: RequestListener): Promise<{ url: string; close: () => void }> {
  const server = createHttpServer(answers);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

test('a charge that was taken in is asked of no other provider, whatever becomes of the look at it', async () => {
  const busy = await providerThat((request, response) => {
    const isCharge = request.method === 'POST';
    const intent = { id: 'pi_1', object: 'payment_intent', status: 'processing' };
    response.writeHead(isCharge ? 200 : 429, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(isCharge ? intent : { error: {} }));
  });
  const other = await testHouse();
  try {
    const second = { ...other.provider, name: 'second' };
    const times = { unresolvedAfterMs: 500 };
    await other.startWorker({ providers: [createPaymentProvider('primary', busy.url), second], times });
    const held = await other.hold(await other.openSale(1));
    await other.pay(held, 'tok_visa', 'key', { second: 'tok_visa' });
    await eventually(async () => {
      const { rows } = await other.database.pool.query('SELECT state, asked, unresolved FROM payments');
      return rows;
    }).toEqual([{ state: 'initiated', asked: 'primary', unresolved: expect.stringContaining('429') }]);
    expect(second.asked()).toBe(0);
  } finally {
    await other.close();
    busy.close();
  }
});

/** A way to a provider whose list shows nothing until it is told to; how often it was searched in vain. */
async function listBehind(providerUrl: string) {
  let isShown = false;
  let searches = 0;
  const { url, close } = await providerThat(async (request, response) => {
    response.setHeader('Content-Type', 'application/json');
    if (request.url?.includes('/search') && !isShown) {
      searches += 1;
      response.end(JSON.stringify({ object: 'list', data: [], has_more: false }));
      return;
    }
    const { method = 'GET', headers } = request;
    const passed = ['content-type', 'idempotency-key'].flatMap((name) =>
      headers[name] === undefined ? [] : [[name, String(headers[name])] as [string, string]],
    );
    const body = method === 'POST' ? { body: await text(request) } : {};
    const answer = await fetch(`${providerUrl}${request.url}`, { method, headers: passed, ...body });
    const replayed = answer.headers.get('idempotent-replayed');
    if (replayed !== null) response.setHeader('Idempotent-Replayed', replayed);
    response.writeHead(answer.status).end(await answer.text());
  });
  return {
    url,
    close,
    searches: () => searches,
    show: () => {
      isShown = true;
    },
  };
}

test.each(['thin', 'stripe'] as const)(
  'a charge that the list of %s does not show yet is refused by nobody, however long ago it was begun and asked for',
  async (kind) => {
    const simulator = await testSimulator({ errorAfterShare: 1 });
    const list = await listBehind(simulator.url);
    const other = await testHouse();
    try {
      const options = { kind, apiKey: 'sk_test_of_the_tests', listLagMs: 60_000 };
      await other.startWorker({ providers: [createPaymentProvider('primary', list.url, options)] });
      await other.pay(await other.hold(await other.openSale(1)));
      const payment = async () => {
        const { rows } = await other.database.pool.query<{ state: string }>('SELECT state FROM payments');
        return rows;
      };
      // It waited for its provider, which did not hear it for long; what it did is a moment old.
      await other.database.pool.query(
        "UPDATE payments SET created_at = now() - interval '10 minutes', asked_at = now() - interval '9 minutes'",
      );
      await eventually(list.searches).toBeGreaterThan(1);
      expect(await payment()).toEqual([{ state: 'initiated' }]);
      list.show();
      await eventually(payment).toEqual([{ state: 'captured' }]);
      expect((await simulator.tally()).captured.count).toBe(1);
    } finally {
      await other.close();
      list.close();
      simulator.close();
    }
  },
);

test('a claim outlasts the wait for an answer, however long a provider is waited for', async () => {
  const simulator = await testSimulator({ timeoutBeforeShare: 1 });
  const other = await testHouse();
  try {
    const patient = createPaymentProvider('second', simulator.url, { timeoutMs: 60_000 });
    await other.startWorker({ providers: [createPaymentProvider('primary', simulator.url), patient] });
    const sale = await other.openSale(1);
    await other.pay(await other.hold(sale));
    await eventually(async () => {
      const { rows } = await other.database.pool.query<{ isLeased: boolean }>(
        `SELECT lease_until > now() + interval '50 s' AS "isLeased" FROM payments WHERE fence > 0`,
      );
      return rows;
    }).toEqual([{ isLeased: true }]);
  } finally {
    await other.close();
    simulator.close();
  }
});

test('whoever slept through its lease refuses nothing that another is asking for meanwhile', async () => {
  const other = await testHouse();
  try {
    const held = await other.hold(await other.openSale(1));
    await other.payAt(held, { paymentQueue: { wake: () => {} } });
    const { pool } = other.database;
    // The sale lets it wait no longer, and nobody was asked.
    const { rows } = await pool.query<{ payment_id: PaymentId }>(
      "UPDATE payments SET created_at = now() - interval '11 minutes' RETURNING payment_id",
    );
    const paymentId = rows[0]?.payment_id as PaymentId;
    /** A worker with a provider of its own, which says when it is asked and answers when it is told to. */
    const worker = () => {
      let isAsked = false;
      let answer = (_: ChargeOutcome) => {};
      const charge = () => {
        isAsked = true;
        return new Promise<ChargeOutcome>((resolve) => {
          answer = resolve;
        });
      };
      const follow = paymentSaga({
        claims: claimsOn(pool, { leaseMs: 60_000, first: 'primary', actionMs: 1 }),
        providers: providersIn([{ ...other.provider, charge }]),
        settlements: settlementsOn(pool, createLog('silent')),
        holds: holdSettlement(other.settlement),
        push: other.settlement.push,
        read: paymentReader(pool),
        log: createLog('silent'),
        at: passBy,
        unresolvedAfterMs: 120_000,
      });
      return { follow, isAsked: () => isAsked, answer: (outcome: ChargeOutcome) => answer(outcome) };
    };
    const [sleeper, next] = [worker(), worker()];
    const slept = sleeper.follow(paymentId);
    await eventually(sleeper.isAsked).toBe(true);
    await pool.query('UPDATE payments SET lease_until = now()');
    const charged = next.follow(paymentId);
    await eventually(next.isAsked).toBe(true);
    sleeper.answer({ kind: 'unavailable', reason: 'breaker open' });
    expect(await slept).toEqual({ kind: 'open', reason: 'somebody else acts on it' });
    next.answer({ kind: 'captured', providerReference: 'pi' });
    expect(await charged).toEqual({ kind: 'done' });
    const payments = await pool.query('SELECT state, provider_reference, unresolved FROM payments');
    expect(payments.rows).toEqual([{ state: 'captured', provider_reference: 'pi', unresolved: null }]);
    await eventually(() => other.pushes).toMatchObject([{ ev: 'order', status: 201 }]);
  } finally {
    await other.close();
  }
});
