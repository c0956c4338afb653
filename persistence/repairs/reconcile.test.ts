import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DiscrepancyKind, discrepancyKinds } from '../../engine/contracts/discrepancies.ts';
import { orderIdOf, type PaymentId } from '../../engine/contracts/ids.ts';
import type { OrderStore } from '../../engine/contracts/ports.ts';
import { findDiscrepancies } from '../discrepancies/find.ts';
import { type Damage, damageOn } from '../fixtures/damage.ts';
import { type SaleWithAPast, saleWithAPast } from '../fixtures/sale-with-a-past.ts';
import { type Hold, testHouse } from '../fixtures/test-house.ts';
import { createLog } from '../log.ts';
import { relayAll } from '../outbox/relay.ts';
import { paymentReader } from '../payments/payment-row.ts';
import { settlementsOn } from '../payments/settlements.ts';
import { rebuildSale } from '../rebuild/rebuild-sale.ts';
import { countGuards } from './guards.ts';
import { type Reconciled, reconcileSale } from './reconcile.ts';
import { repairs } from './repairs.ts';

const log = createLog('silent');
let house: Awaited<ReturnType<typeof testHouse>>;
let past: SaleWithAPast;
let damage: Damage;
beforeAll(async () => {
  house = await testHouse();
  past = await saleWithAPast(house, 30);
  damage = damageOn(house.redis.url, house.database.pool, past.id);
  // Nothing that happened in the past is under way.
  await damage.inPostgres(
    "UPDATE payments SET created_at = created_at - interval '5 minutes', settled_at = settled_at - interval '5 minutes'",
  );
}, 180_000);
afterAll(async () => {
  damage.close();
  await house.close();
});

const parts = () => ({
  rows: house.database.pool,
  reports: house.reports,
  settlement: house.settlement,
  queue: house.queue,
  log,
});
const reconcile = () => reconcileSale(parts(), past.id) as Promise<Reconciled>;
const relay = () => relayAll(house.database.pool, house.settlement, log, past.id);
const orderOf = (hold: Hold) => orderIdOf(hold.checkoutId);
const read = (paymentId: PaymentId) => paymentReader(house.database.pool)(paymentId);
const paymentIdOf = async (hold: Hold) => {
  const { rows } = await house.database.pool.query<{ payment_id: PaymentId }>(
    'SELECT payment_id FROM payments WHERE order_id = $1',
    [orderOf(hold)],
  );
  return rows[0]?.payment_id as PaymentId;
};

/** A payment that was begun, and that nobody follows. */
async function begun(): Promise<Hold> {
  const hold = await house.hold(past.sale);
  await house.pay(hold);
  return hold;
}

/** The same, captured and committed; Redis has not heard of it, and nothing of it is sealed. */
async function captured(): Promise<Hold> {
  const hold = await begun();
  const payment = await read(await paymentIdOf(hold));
  if (!payment) throw new Error('not begun');
  const outcome = { kind: 'captured', providerReference: 'pi', provider: 'primary', by: 'saga' } as const;
  await settlementsOn(house.database.pool, log).capture(payment, outcome);
  await relay();
  return hold;
}

const confirmInRedis = async (hold: Hold) => {
  await house.settlement.confirm(past.id, [
    { reservationId: hold.reservationId, paymentId: await paymentIdOf(hold) },
  ]);
  await relay();
};

/** So long ago that nothing about it is under way any more. */
const settledLongAgo = (hold: Hold) =>
  damage.inPostgres(
    `UPDATE payments SET created_at = created_at - interval '5 minutes', settled_at = settled_at - interval '5 minutes'
     WHERE order_id = '${orderOf(hold)}'`,
  );

const wantedOf = (called: readonly [DiscrepancyKind, string][]) => {
  for (const [kind] of called) seen.add(kind);
  return named(called.map(([kind, subject]) => ({ kind, subject })));
};

/** Every kind that some test below did and saw named. */
const seen = new Set<string>();

const named = (found: readonly { kind: string; subject: string }[]) =>
  found.map(({ kind, subject }) => `${kind} ${subject}`).sort();

/** Does a damage; answers what it has to be called, and what undoes it where nobody repairs it. */
type Case = [
  what: string,
  damage: () => Promise<{ called: [DiscrepancyKind, string][]; undo?: () => Promise<unknown> }>,
];

const repaired: Case[] = [
  [
    'a unit of nowhere',
    async () => {
      await damage.moveUnits(null, 'available');
      return { called: [['unitsDoNotAddUp', 'ps5']] };
    },
  ],
  [
    'a held unit that is offered again',
    async () => {
      await damage.moveUnits('held', 'available');
      return { called: [['countersMismatch', 'ps5']] };
    },
  ],
  [
    'a sold reservation that is gone from Redis',
    async () => {
      const [hold] = past.sold as [Hold];
      await damage.redis.hdel(damage.keys.reservations, hold.reservationId);
      return {
        called: [
          ['missingInRedis', hold.reservationId],
          ['countersMismatch', 'ps5'],
          ['buyerMismatch', hold.buyerId],
        ],
      };
    },
  ],
  [
    'a hold that nothing ends',
    async () => {
      await damage.redis.zrem(damage.keys.deadlines, past.held.reservationId);
      return { called: [['orphanHold', past.held.reservationId]] };
    },
  ],
  [
    'a hold that ends a year later',
    async () => {
      await damage.redis.zincrby(damage.keys.deadlines, 31_536_000_000, past.held.reservationId);
      return { called: [['orphanHold', past.held.reservationId]] };
    },
  ],
  [
    'a deadline of nothing',
    async () => {
      await damage.redis.zadd(damage.keys.deadlines, 9e12, 'rsv_ghost');
      return { called: [['orphanDeadline', 'rsv_ghost']] };
    },
  ],
  [
    'a deadline and a pin of nothing',
    async () => {
      await damage.redis.zadd(damage.keys.deadlines, 9e12, 'rsv_ghost');
      await damage.redis.zadd(damage.keys.pins, 9e12, 'rsv_ghost');
      return { called: [['orphanDeadline', 'rsv_ghost']] };
    },
  ],
  [
    'a deadline of what is sold',
    async () => {
      const [hold] = past.sold as [Hold];
      await damage.redis.zadd(damage.keys.deadlines, 9e12, hold.reservationId);
      return { called: [['orphanDeadline', hold.reservationId]] };
    },
  ],
  [
    'a buyer who may buy without end',
    async () => {
      const [hold] = past.sold as [Hold];
      await damage.redis.hdel(damage.keys.buyers, hold.buyerId);
      return { called: [['buyerMismatch', hold.buyerId]] };
    },
  ],
  [
    'a record that says something else than its counts',
    async () => {
      await damage.setState(past.held.reservationId, 'released');
      return {
        called: [
          ['countersMismatch', 'ps5'],
          ['holdMismatch', past.held.reservationId],
          ['orphanDeadline', past.held.reservationId],
          ['buyerMismatch', past.held.buyerId],
        ],
      };
    },
  ],
  [
    'a record that is no record',
    async () => {
      await damage.redis.hset(damage.keys.reservations, past.held.reservationId, '\xc1');
      return {
        called: [
          ['unreadable', past.held.reservationId],
          ['countersMismatch', 'ps5'],
          ['buyerMismatch', past.held.buyerId],
        ],
      };
    },
  ],
  [
    'a key of another type',
    async () => {
      await damage.redis.del(damage.keys.stock);
      await damage.redis.lpush(damage.keys.stock, 'something else');
      return { called: [['unreadable', past.id]] };
    },
  ],
  [
    'a sale that is gone from Redis',
    async () => {
      await damage.redis.del(damage.keys.sale);
      return { called: [['saleMissing', past.id]] };
    },
  ],
  [
    'more units in Redis than were brought',
    async () => {
      await damage.moveUnits(null, 'units', 'ps5', 5);
      await damage.moveUnits(null, 'available', 'ps5', 5);
      return { called: [['saleUnitsMismatch', 'ps5']] };
    },
  ],
  [
    'a pin that nobody is going to pay',
    async () => {
      const hold = await house.hold(past.sale);
      const dying = { ...house.orders, beginPayment: () => Promise.reject(new Error('died')) } as OrderStore;
      await expect(house.payAt(hold, { orderStore: dying })).rejects.toThrow('died');
      await damage.redis.zadd(damage.keys.pins, 1, hold.reservationId);
      return { called: [['lapsedPin', hold.reservationId]] };
    },
  ],
  [
    'a confirmed order whose hold was never confirmed',
    async () => {
      const hold = await captured();
      await settledLongAgo(hold);
      await damage.inPostgres(`DELETE FROM unconfirmed_holds WHERE reservation_id = '${hold.reservationId}'`);
      return { called: [['unconfirmedHold', hold.reservationId]] };
    },
  ],
  [
    'an order that was never posted',
    async () => {
      const hold = await captured();
      await confirmInRedis(hold);
      const entry = `(SELECT id FROM ledger_transactions WHERE order_id = '${orderOf(hold)}')`;
      await damage.inPostgres(
        `DELETE FROM postings WHERE transaction_id = ${entry}`,
        `DELETE FROM ledger_transactions WHERE order_id = '${orderOf(hold)}'`,
      );
      return { called: [['missingInLedger', orderOf(hold)]] };
    },
  ],
  [
    'a guard that keeps a unit back',
    async () => {
      await damage.inPostgres(`UPDATE sale_items SET committed = committed + 1 WHERE sale_id = '${past.id}'`);
      return { called: [['guardMismatch', 'ps5']] };
    },
  ],
  [
    'a guard that lets one too many by',
    async () => {
      await damage.inPostgres(`UPDATE sale_items SET committed = committed - 1 WHERE sale_id = '${past.id}'`);
      return { called: [['guardMismatch', 'ps5']] };
    },
  ],
  [
    'an order that waits for a hold that is over',
    async () => {
      const { declined } = past;
      await house.engine.desk.release(declined.reservationId, declined.buyerId);
      await relay();
      await damage.inPostgres(
        `UPDATE orders SET status = 'pending' WHERE order_id = '${orderOf(declined)}'`,
        `DELETE FROM order_history WHERE order_id = '${orderOf(declined)}' AND to_status = 'failed'`,
        `UPDATE sale_items SET committed = committed + 1 WHERE sale_id = '${past.id}'`,
      );
      await settledLongAgo(declined);
      return { called: [['stuckOrder', declined.reservationId]] };
    },
  ],
  [
    'a sale whose rows say that it is paused',
    async () => {
      await damage.inPostgres(`UPDATE sales SET state = 'paused' WHERE id = '${past.id}'`);
      return { called: [['saleStateMismatch', past.id]] };
    },
  ],
];

const reported: Case[] = [
  [
    'a payment that nobody acts on: woken, and again a finding while it stands still',
    async () => {
      const hold = await begun();
      const paymentId = await paymentIdOf(hold);
      await settledLongAgo(hold);
      return {
        called: [['stuckSaga', paymentId]],
        undo: async () => {
          const worker = await house.startWorker();
          await expect
            .poll(async () => (await house.orders.order(orderOf(hold), hold.buyerId))?.status, {
              timeout: 60_000,
            })
            .toBe('confirmed');
          await worker.close();
        },
      };
    },
  ],
  [
    'sold in Redis, and by no order',
    async () => {
      await damage.setState(past.held.reservationId, 'confirmed');
      await damage.moveUnits('held', 'sold');
      const score = await damage.redis.zscore(damage.keys.deadlines, past.held.reservationId);
      await damage.redis.zrem(damage.keys.deadlines, past.held.reservationId);
      return {
        called: [['missingInPostgres', past.held.reservationId]],
        undo: async () => {
          await damage.setState(past.held.reservationId, 'held');
          await damage.moveUnits('sold', 'held');
          await damage.redis.zadd(damage.keys.deadlines, String(score), past.held.reservationId);
        },
      };
    },
  ],
  [
    'a hold that the journal has never heard of',
    async () => ({
      called: [['missingInJournal', past.held.reservationId]],
      undo: await damage.deleteRows('reservation_events', `reservation_id = '${past.held.reservationId}'`),
    }),
  ],
  [
    'a sealed entry that is gone',
    async () => {
      const orderId = orderOf(past.sold[1] as Hold);
      const { rows } = await house.database.pool.query(
        `SELECT ledger_transactions.id, min(number) AS seal FROM ledger_transactions
           JOIN ledger_seals ON (xid, id) <= (through_xid, through_id)
         WHERE order_id = $1 GROUP BY ledger_transactions.id`,
        [orderId],
      );
      const [{ id, seal }] = rows;
      const bringBack = [
        await damage.deleteRows('postings', `transaction_id = ${id}`),
        await damage.deleteRows('ledger_transactions', `id = ${id}`),
      ];
      return {
        called: [
          ['missingInLedger', orderId],
          ['sealBroken', String(seal)],
        ],
        undo: async () => {
          for (const one of bringBack) await one();
        },
      };
    },
  ],
  [
    'an order whose total was changed',
    async () => {
      const orderId = orderOf(past.sold[1] as Hold);
      const set = (by: string) =>
        damage.inPostgres(
          `UPDATE orders SET total_minor = total_minor ${by}, shipping_minor = shipping_minor ${by} WHERE order_id = '${orderId}'`,
        );
      await set('+ 1');
      return { called: [['amountMismatch', orderId]], undo: () => set('- 1') };
    },
  ],
  [
    'more units in an order than were sold by it',
    async () => {
      const orderId = orderOf(past.sold[1] as Hold);
      const hold = past.sold[1] as Hold;
      const set = (quantity: number) =>
        damage.inPostgres(
          `UPDATE order_items SET quantity = ${quantity}, line_total_minor = unit_price_minor * ${quantity} WHERE order_id = '${orderId}'`,
        );
      await set(2);
      await settledLongAgo(hold);
      return {
        called: [
          ['unitsMismatch', orderId],
          ['guardMismatch', 'ps5'],
          ['holdMismatch', hold.reservationId],
        ],
        undo: () => set(1),
      };
    },
  ],
  [
    'an entry of a sale that never was',
    async () => {
      const orderId = orderOf(past.held);
      await damage.inPostgres(
        `WITH entry AS (INSERT INTO ledger_transactions (kind, sale_id, order_id)
           VALUES ('order_confirmed', '${past.id}', '${orderId}') RETURNING id)
         INSERT INTO postings SELECT id, 0, 'sale/${past.id}/stock', 'sale/${past.id}/sold', 'unit/ps5', 1 FROM entry`,
      );
      return {
        called: [['orphanEntry', orderId]],
        undo: () =>
          damage.inPostgres(
            `DELETE FROM postings WHERE transaction_id = (SELECT id FROM ledger_transactions WHERE order_id = '${orderId}')`,
            `DELETE FROM ledger_transactions WHERE order_id = '${orderId}'`,
          ),
      };
    },
  ],
  [
    'money that came for an order that never was confirmed',
    async () => {
      const hold = await begun();
      const paymentId = await paymentIdOf(hold);
      const set = (state: string) =>
        damage.inPostgres(
          `UPDATE payments SET state = '${state}', provider = 'primary', decline_code = 'x' WHERE payment_id = '${paymentId}'`,
        );
      await set('captured');
      return {
        called: [
          ['orphanPayment', paymentId],
          ['missingInLedger', paymentId],
        ],
        undo: async () => {
          await set('declined');
          await house.settlement.returnToHeld(past.id, [{ reservationId: hold.reservationId, paymentId }]);
        },
      };
    },
  ],
  [
    'a confirmed order that nobody paid',
    async () => {
      const hold = past.sold[2] as Hold;
      return {
        called: [
          ['missingPayment', orderOf(hold)],
          ['amountMismatch', orderOf(hold)],
        ],
        undo: await damage.deleteRows('payments', `order_id = '${orderOf(hold)}'`),
      };
    },
  ],
  [
    'an order that was paid twice',
    async () => {
      const orderId = orderOf(past.sold[0] as Hold);
      await damage.inPostgres(
        `CREATE TABLE again AS SELECT * FROM payments WHERE order_id = '${orderId}'`,
        "UPDATE again SET payment_id = payment_id || 'xx', idempotency_key = idempotency_key || 'xx'",
        'DROP INDEX one_payment_at_a_time',
        'INSERT INTO payments SELECT * FROM again',
        'DROP TABLE again',
      );
      return {
        called: [
          ['paidTwice', orderId],
          ['amountMismatch', orderId],
        ],
        undo: () =>
          damage.inPostgres(`DELETE FROM payments WHERE order_id = '${orderId}' AND payment_id LIKE '%xx'`),
      };
    },
  ],
  [
    'a unit that is owed to the sale, and does not come back',
    async () => {
      const { rows } = await house.database.pool.query(
        'SELECT restock_id, created_at FROM restocks WHERE order_id = $1',
        [orderOf(past.cancelled)],
      );
      const [{ restock_id }] = rows;
      const set = (state: string, by: string) =>
        damage.inPostgres(
          `UPDATE restocks SET state = '${state}', created_at = created_at ${by} WHERE restock_id = '${restock_id}'`,
        );
      await set('to_sale', "- interval '1 hour'");
      return {
        called: [['stuckReturn', restock_id]],
        undo: () => set('in_sale', "+ interval '1 hour'"),
      };
    },
  ],
  [
    'an entry of which one side is missing',
    async () => {
      const definition = `SELECT pg_get_viewdef('ledger_entries'::regclass) AS text`;
      const { rows } = await house.database.pool.query(definition);
      const whole = rows[0].text.replace(/;\s*$/, '');
      const orderId = orderOf(past.sold[0] as Hold);
      await damage.inPostgres(
        `CREATE OR REPLACE VIEW ledger_entries AS SELECT * FROM (${whole}) AS side
           WHERE NOT (amount > 0 AND transaction_id = (
             SELECT id FROM ledger_transactions WHERE order_id = '${orderId}' AND kind = 'order_confirmed'))`,
      );
      return {
        called: [['ledgerUnbalanced', past.id]],
        undo: () => damage.inPostgres(`CREATE OR REPLACE VIEW ledger_entries AS ${whole}`),
      };
    },
  ],
  [
    'more units in the rows than the journal brought',
    async () => {
      const set = (by: string) =>
        damage.inPostgres(`UPDATE sale_items SET units = units ${by} WHERE sale_id = '${past.id}'`);
      await set('+ 5');
      return {
        called: [
          ['unitsMismatch', past.id],
          ['saleUnitsMismatch', 'ps5'],
        ],
        undo: () => set('- 5'),
      };
    },
  ],
  [
    'a refund that the provider does not answer',
    async () => {
      const { rows } = await house.database.pool.query('SELECT refund_id FROM refunds WHERE order_id = $1', [
        orderOf(past.refundedInPart),
      ]);
      const [{ refund_id }] = rows;
      const set = (state: string, settled: string, begun: string) =>
        damage.inPostgres(
          `UPDATE refunds SET state = '${state}', settled_at = ${settled}, created_at = created_at ${begun} WHERE refund_id = '${refund_id}'`,
        );
      await set('initiated', 'NULL', "- interval '1 hour'");
      return {
        called: [
          ['stuckRefund', refund_id],
          ['orphanEntry', refund_id],
        ],
        undo: () => set('refunded', 'now()', "+ interval '1 hour'"),
      };
    },
  ],
  [
    'a payment that a machine cannot decide',
    async () => {
      const hold = await begun();
      const paymentId = await paymentIdOf(hold);
      await damage.inPostgres(
        `UPDATE payments SET unresolved = 'the provider says nothing' WHERE payment_id = '${paymentId}'`,
      );
      return {
        called: [['unresolvedPayment', paymentId]],
        undo: async () => {
          await damage.inPostgres(
            `UPDATE payments SET state = 'declined', decline_code = 'x', unresolved = NULL WHERE payment_id = '${paymentId}'`,
          );
          await house.settlement.returnToHeld(past.id, [{ reservationId: hold.reservationId, paymentId }]);
        },
      };
    },
  ],
  [
    'a relay that cannot go on',
    async () => {
      const set = (epoch: string) =>
        damage.inPostgres(`UPDATE sale_relays SET rebuilt_epoch = ${epoch} WHERE sale_id = '${past.id}'`);
      const { rows } = await house.database.pool.query(
        'SELECT rebuilt_epoch FROM sale_relays WHERE sale_id = $1',
        [past.id],
      );
      await set('99');
      await house.hold(past.sale);
      return { called: [['relayStuck', past.id]], undo: () => set(rows[0].rebuilt_epoch) };
    },
  ],
];

describe('what is certain is repaired, once, on record', () => {
  test.each(repaired)('%s', async (_, doDamage) => {
    await house.engine.runOnce();
    const { called } = await doDamage();
    const first = await reconcile();
    expect(named(first.found)).toEqual(wantedOf(called));
    expect(first.repaired).not.toEqual([]);
    expect(first.open).toEqual([]);
    const second = await reconcile();
    expect(second).toEqual({ redis: 'compared', found: [], repaired: [], open: [] });
    await house.engine.runOnce();
    const { rows } = await house.database.pool.query(
      'SELECT kind, subject, done FROM repairs ORDER BY id DESC LIMIT $1',
      [first.repaired.length],
    );
    expect(named(rows)).toEqual(named(first.repaired));
  });
});

describe('what is not certain is left to a person, with what it takes to decide', () => {
  test.each(reported)('%s', async (_, doDamage) => {
    await house.engine.runOnce();
    const { called, undo } = await doDamage();
    try {
      const first = await reconcile();
      expect(named(first.open)).toEqual(wantedOf(called));
      const second = await reconcile();
      expect(named(second.open)).toEqual(wantedOf(called));
      expect(second.repaired).toEqual([]);
      for (const { subject, evidence } of first.open) {
        if (/^(rsv|ord|pay|rfd)_/.test(subject))
          expect(evidence).toMatchObject({ redis: { buyerId: expect.anything() } });
        if (/^(ord|pay|rfd)_/.test(subject) && subject !== orderOf(past.held)) {
          expect(evidence).toMatchObject({
            order: { orderId: expect.anything() },
            journal: expect.any(Array),
          });
        }
        expect(JSON.stringify(evidence)).not.toContain('tok_');
      }
    } finally {
      await undo?.();
      await relay();
    }
    expect(await reconcile()).toMatchObject({ open: [] });
  });
});

test('what would be rebuilt from a journal that is in doubt is not rebuilt', async () => {
  await house.engine.runOnce();
  const { reservationId } = past.held;
  await damage.moveUnits(null, 'available');
  const bringBack = await damage.deleteRows('reservation_events', `reservation_id = '${reservationId}'`);
  const doubtful = await reconcile();
  expect(named(doubtful.open)).toEqual([`missingInJournal ${reservationId}`, 'unitsDoNotAddUp ps5']);
  expect(doubtful.repaired).toEqual([]);
  await bringBack();
  expect(named((await reconcile()).repaired)).toEqual(['unitsDoNotAddUp ps5']);
});

test('a guard is counted again only when nobody is moving it', async () => {
  const hold = await house.hold(past.sale);
  await damage.inPostgres(`UPDATE sale_items SET committed = committed - 1 WHERE sale_id = '${past.id}'`);
  const moving = await house.database.pool.connect();
  await moving.query('BEGIN');
  const like = orderOf(past.sold[0] as Hold);
  await moving.query(
    `INSERT INTO orders (buyer_id, order_id, order_number, sale_id, reservation_id, currency, subtotal_minor, total_minor)
     SELECT $1, $2, 'n', sale_id, $3, currency, subtotal_minor, subtotal_minor FROM orders WHERE order_id = $4`,
    [hold.buyerId, orderOf(hold), hold.reservationId, like],
  );
  await moving.query(
    `INSERT INTO order_items (buyer_id, order_id, sku, line, title, quantity, unit_price_minor, line_total_minor)
     SELECT $1, $2, sku, line, title, quantity, unit_price_minor, line_total_minor FROM order_items WHERE order_id = $3`,
    [hold.buyerId, orderOf(hold), like],
  );
  await moving.query('UPDATE sale_items SET committed = committed + 1 WHERE sale_id = $1', [past.id]);
  const wrong = { kind: 'guardMismatch', subject: 'ps5', detail: 'one too few' } as const;
  const counting = countGuards(house.database.pool, past.id, [wrong]);
  await expect
    .poll(
      async () =>
        (await house.reports.query("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'")).rowCount,
    )
    .toBeGreaterThan(0);
  await moving.query('COMMIT');
  moving.release();
  expect(await counting).toHaveLength(1);
  expect(await countGuards(house.database.pool, past.id, [wrong])).toEqual([]);
});

test('a turn that was used and is not marked as used', async () => {
  const sale = await house.openSale(5, { method: 'fifo', perMinute: 60_000 });
  const { id } = sale.config;
  const joined = await house.engine.waitingRoom.join(sale, 'ann');
  if (joined.kind === 'refused') throw new Error(joined.code);
  await house.engine.runOnce();
  const items = [{ sku: 'ps5', quantity: 1 }];
  const held = await house.engine.desk.reserve(sale, 'ann', { items, ticket: joined.ticket.ticket });
  if (held.kind !== 'held') throw new Error(held.kind);
  const hand = damageOn(house.redis.url, house.database.pool, id);
  await hand.redis.setbit(hand.keys.turns, 0, 0);
  hand.close();
  const first = (await reconcileSale(parts(), id)) as Reconciled;
  expect(named(first.repaired)).toEqual(wantedOf([['turnMismatch', held.reserved.reservation.id]]));
  expect(await reconcileSale(parts(), id)).toMatchObject({ found: [], repaired: [], open: [] });
});

test('who looks at the same time repairs nothing twice', async () => {
  await house.engine.runOnce();
  const repairsOf = async () =>
    (await house.database.pool.query('SELECT id FROM repairs WHERE sale_id = $1', [past.id]))
      .rowCount as number;
  const epochOf = async () =>
    (await house.database.pool.query('SELECT epoch FROM sales WHERE id = $1', [past.id])).rows[0].epoch;
  const [before, epoch] = [await repairsOf(), await epochOf()];
  await damage.moveUnits(null, 'available');
  await damage.inPostgres(`UPDATE sale_items SET committed = committed + 1 WHERE sale_id = '${past.id}'`);
  const found = await findDiscrepancies(parts(), past.id);
  expect(named(found?.discrepancies ?? [])).toEqual(['guardMismatch ps5', 'unitsDoNotAddUp ps5']);
  await Promise.all([reconcile(), reconcile(), reconcile()]);
  // Somebody who looked before them, and slept since.
  for (const one of found?.discrepancies ?? []) {
    const name = one.kind === 'guardMismatch' ? 'count' : 'rebuild';
    expect(await repairs[name](parts(), past.id, [one], found?.epoch as number)).toEqual([]);
  }
  expect(await repairsOf()).toBe(before + 2);
  expect(await epochOf()).toBe(epoch + 1);
  expect(await reconcile()).toMatchObject({ found: [], open: [] });
});

test('what was decided and not relayed outlives a builder that died', async () => {
  await house.engine.runOnce();
  await relay();
  const { rows } = await house.database.pool.query(
    'SELECT epoch, position FROM sales JOIN sale_relays ON sale_id = id WHERE id = $1',
    [past.id],
  );
  const [{ epoch, position }] = rows;
  const hold = await house.hold(past.sale);
  expect(await house.settlement.beginRebuild(past.id, epoch + 1, position)).toMatchObject({ kind: 'begun' });
  // It dies here, and its patience runs out.
  await damage.redis.hset(damage.keys.sale, 'rebuildBeganAtMs', 0);
  const { runId } = await house.settlement.life(past.id);
  expect(await rebuildSale(parts(), past.id, runId, epoch)).toBe(true);
  expect(await house.settlement.reservationStates(past.id, [hold.reservationId])).toMatchObject([
    { state: 'held', buyerId: hold.buyerId },
  ]);
  expect(await reconcile()).toMatchObject({ redis: 'compared', found: [], open: [] });
});

test('every entry of the journal is posted again as it was, once', async () => {
  const { pool } = house.database;
  const journal = async () =>
    (
      await pool.query(
        `SELECT kind, order_id, payment_id, reference, array_agg((source, destination, asset, amount)::text
           ORDER BY asset, source) AS moves
         FROM ledger_transactions AS entry JOIN postings ON transaction_id = entry.id
         WHERE sale_id = $1 AND order_id IS NOT NULL
         GROUP BY entry.id, kind, order_id, payment_id, reference ORDER BY order_id, kind, reference`,
        [past.id],
      )
    ).rows;
  const before = await journal();
  const of = `(SELECT id FROM ledger_transactions WHERE sale_id = '${past.id}' AND order_id IS NOT NULL)`;
  await damage.inPostgres(
    'DELETE FROM ledger_seals WHERE number > 0',
    `DELETE FROM postings WHERE transaction_id IN ${of}`,
    `DELETE FROM ledger_transactions WHERE id IN ${of}`,
  );
  const [first, second] = await Promise.all([reconcile(), reconcile()]);
  expect(first.repaired.length + second.repaired.length).toBe(before.length);
  expect(await journal()).toEqual(before);
  expect(new Set(before.map(({ kind }) => kind)).size).toBe(4);
  expect(await reconcile()).toEqual({ redis: 'compared', found: [], repaired: [], open: [] });
});

test('every kind of the catalogue was done and named above', () => {
  expect([...seen].sort()).toEqual(Object.keys(discrepancyKinds).sort());
});
