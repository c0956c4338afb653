import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { OutboxEvent } from '../../engine/contracts/events.ts';
import type { Push } from '../../engine/contracts/outcomes.ts';
import type { PaymentIntent } from '../../engine/contracts/ports.ts';
import { testIntent } from '../fixtures/test-intent.ts';
import { committedUnits, insertSale, testPool } from '../fixtures/test-sale.ts';
import { createLog } from '../log.ts';
import { orderStoreOn } from '../orders/order-store.ts';
import { type PaymentRow, paymentReader } from '../payments/payment-row.ts';
import { settlementsOn } from '../payments/settlements.ts';
import { relayOnce, relayTail } from './relay.ts';

const log = createLog('silent');
let database: Awaited<ReturnType<typeof testPool>>;
beforeAll(async () => {
  database = await testPool();
});
afterAll(() => database.close());

/** A stream in memory: what the relay needs of one. The real one is in the worker's test. */
function stream() {
  const events: OutboxEvent[] = [];
  let trimmedThrough = '0-0';
  const pushes: Push[] = [];
  const after = (position: string) => (event: OutboxEvent) =>
    Number(event.position.split('-')[0]) > Number(position.split('-')[0]);
  return {
    add(type: OutboxEvent['type'], intent: PaymentIntent | null = null) {
      events.push({
        position: `${events.length + 1}-0`,
        type,
        atMs: 1_700_000_000_000 + events.length,
        epoch: 1,
        reservationId: intent?.reservationId ?? null,
        buyerId: intent?.buyerId ?? null,
        turn: null,
        items: intent ? intent.lines.map(({ sku, quantity }) => ({ sku, quantity })) : [],
        deadlineMs: intent ? 1_700_000_060_000 : null,
        attemptId: intent?.paymentId ?? null,
        returnId: null,
        places: null,
        firstIndex: null,
      });
    },
    outbox: async (_: string, position: string, limit: number) => ({
      runId: 'r',
      events: events.filter(after(position)).slice(0, limit),
    }),
    trimOutbox: async (_: string, position: string) => {
      trimmedThrough = position;
    },
    trimmed: () => trimmedThrough,
    push: async (push: Push) => {
      pushes.push(push);
    },
    pushes,
  };
}

const journal = async (saleId: string) =>
  (
    await database.pool.query(
      'SELECT position_ms AS at, type FROM reservation_events WHERE sale_id = $1 ORDER BY position_ms, position_n',
      [saleId],
    )
  ).rows;

const stateOf = async (saleId: string) =>
  (await database.pool.query('SELECT state FROM sales WHERE id = $1', [saleId])).rows[0].state;

test('events are journaled once, in order, whoever relays them and however often', async () => {
  await insertSale(database.pool, 'order', { ps5: 10 });
  const redis = stream();
  const intents = Array.from({ length: 25 }, () => testIntent({ saleId: 'order' }));
  for (const intent of intents) redis.add('reservation.held', intent);
  const passes = await Promise.all(
    Array.from({ length: 6 }, () => relayOnce(database.pool, redis, log, 'order')),
  );
  expect(passes.filter((pass) => pass.kind === 'relayed' && pass.events === 25)).toHaveLength(1);
  redis.add('reservation.released', intents[0]);
  await relayOnce(database.pool, redis, log, 'order');
  expect(await relayOnce(database.pool, redis, log, 'order')).toMatchObject({ kind: 'relayed', events: 0 });
  const rows = await journal('order');
  expect(rows).toHaveLength(26);
  expect(rows.map((row) => row.at)).toEqual(rows.map((_, at) => at + 1));
  expect(redis.trimmed()).toBe('26-0');
});

test('Redis is let forget events once they are committed, and not before', async () => {
  await insertSale(database.pool, 'forgets', { ps5: 10 });
  const redis = stream();
  redis.add('reservation.held', testIntent({ saleId: 'forgets' }));
  redis.add('reservation.held', testIntent({ saleId: 'forgets' }));
  let journaledBefore: unknown[] = [];
  const watched = {
    ...redis,
    async trimOutbox(saleId: string, position: string) {
      journaledBefore = await journal(saleId);
      await redis.trimOutbox(saleId, position);
    },
  };
  await relayOnce(database.pool, watched, log, 'forgets');
  expect(redis.trimmed()).toBe('2-0');
  expect(journaledBefore).toMatchObject([{ at: 1 }, { at: 2 }]);
});

test('an order whose hold ended fails once, and its units fall from the guard once', async () => {
  await insertSale(database.pool, 'ended', { ps5: 10, case: 10 });
  const store = orderStoreOn(database.pool, log);
  const lapsed = testIntent({ saleId: 'ended', items: { ps5: 1, case: 2 } });
  const kept = testIntent({ saleId: 'ended' });
  await Promise.all([store.beginPayment(lapsed), store.beginPayment(kept)]);
  await database.pool.query(
    "UPDATE payments SET state = 'declined', decline_code = 'x' WHERE payment_id = $1",
    [lapsed.paymentId],
  );
  const redis = stream();
  redis.add('reservation.expired', lapsed);
  redis.add('reservation.expired', testIntent({ saleId: 'ended' }));
  await Promise.all([1, 2, 3].map(() => relayOnce(database.pool, redis, log, 'ended')));
  redis.add('reservation.expired', lapsed);
  await relayOnce(database.pool, redis, log, 'ended');
  expect(await committedUnits(database.pool, 'ended')).toEqual({ ps5: 1, case: 0 });
  expect(await store.order(lapsed.orderId, lapsed.buyerId)).toMatchObject({
    status: 'failed',
    history: [
      { to: 'pending' },
      { from: 'pending', to: 'failed', by: 'reservation', reason: 'reservation.expired' },
    ],
  });
  expect(await store.order(kept.orderId, kept.buyerId)).toMatchObject({ status: 'pending' });
});

/** The provider refuses the card of a payment. */
async function decline({ paymentId }: PaymentIntent): Promise<void> {
  const payment = (await paymentReader(database.pool)(paymentId)) as PaymentRow;
  await settlementsOn(database.pool, log).decline(payment, {
    kind: 'declined',
    declineCode: 'card_declined',
    providerReference: null,
    provider: null,
    by: 'saga',
  });
}

/** What a socket is told of an order that has failed. */
const failureOf = ({ buyerId, orderId, orderNumber, paymentId }: PaymentIntent): Push => ({
  ...{ ev: 'order', buyerId, orderId, orderNumber, paymentId, status: 402, hasFailed: true },
  body: { code: 'payment_declined', declineCode: 'card_declined' },
});

test('whoever was told that a card is declined is told once that the order has failed', async () => {
  await insertSale(database.pool, 'told', { ps5: 10 });
  const store = orderStoreOn(database.pool, log);
  const [declined, open, other] = [1, 2, 3].map(() => testIntent({ saleId: 'told' })) as [
    PaymentIntent,
    PaymentIntent,
    PaymentIntent,
  ];
  await Promise.all([declined, open, other].map((intent) => store.beginPayment(intent)));
  for (const intent of [declined, other]) await decline(intent);
  const redis = stream();
  redis.add('reservation.released', declined);
  // Of this one the outcome is still to come.
  redis.add('reservation.expired', open);
  await Promise.all([1, 2, 3].map(() => relayOnce(database.pool, redis, log, 'told')));
  redis.add('reservation.released', declined);
  await relayOnce(database.pool, redis, log, 'told');
  expect(redis.pushes).toEqual([failureOf(declined)]);
});

test('an order that fails with the end of a stream that is about to be rebuilt is told once, too', async () => {
  await insertSale(database.pool, 'tail', { ps5: 10 });
  const intent = testIntent({ saleId: 'tail' });
  await orderStoreOn(database.pool, log).beginPayment(intent);
  await decline(intent);
  const redis = stream();
  redis.add('reservation.released', intent);
  const { events } = await redis.outbox('tail', '0-0', 10);
  await Promise.all([1, 2, 3].map(() => relayTail(database.pool, redis, log, 'tail', 'r', events)));
  expect(redis.pushes).toEqual([failureOf(intent)]);
});

test("a sale's state follows its events, and a move that is none is passed over", async () => {
  await insertSale(database.pool, 'state', { ps5: 10 });
  const redis = stream();
  for (const type of [
    'sale.created',
    'sale.waiting',
    'sale.opened',
    'sale.paused',
    'sale.resumed',
  ] as const) {
    redis.add(type);
  }
  await relayOnce(database.pool, redis, log, 'state');
  expect(await stateOf('state')).toBe('open');
  redis.add('sale.sold_out');
  redis.add('sale.opened');
  await relayOnce(database.pool, redis, log, 'state');
  expect(await stateOf('state')).toBe('sold_out');
});

test('a sale that ends while its units are changed keeps neither waiting for the other', async () => {
  await insertSale(database.pool, 'crossed', { ps5: 10 });
  const intent = testIntent({ saleId: 'crossed' });
  await orderStoreOn(database.pool, log).beginPayment(intent);
  await decline(intent);
  const redis = stream();
  redis.add('reservation.released', intent);
  redis.add('sale.closed');
  // As a change of units does: the sale, then its items.
  const change = await database.pool.connect();
  await change.query('BEGIN');
  await change.query("UPDATE sales SET revision = revision + 1 WHERE id = 'crossed'");
  const relayed = relayOnce(database.pool, redis, log, 'crossed');
  await vi.waitFor(async () => {
    const { rows } = await database.pool.query(
      "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    expect(rows).toHaveLength(1);
  });
  await change.query("UPDATE sale_items SET units = 11 WHERE sale_id = 'crossed'");
  await change.query('COMMIT');
  change.release();
  expect(await relayed).toMatchObject({ kind: 'relayed', events: 2, failedOrders: 1 });
  expect(await committedUnits(database.pool, 'crossed')).toEqual({ ps5: 0 });
});
