import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DiscrepancyKind, discrepancyKinds } from '../../engine/contracts/discrepancies.ts';
import { findDiscrepancies } from '../discrepancies/find.ts';
import { certainDamage } from '../fixtures/certain-damage.ts';
import { damageOn } from '../fixtures/damage.ts';
import { type DamagedSale, damagedSale, orderOf } from '../fixtures/damaged-sale.ts';
import { doubtfulDamage } from '../fixtures/doubtful-damage.ts';
import type { Hold } from '../fixtures/test-house.ts';
import { rebuildSale } from '../rebuild/rebuild-sale.ts';
import { countGuards } from './guards.ts';
import { type Reconciled, reconcileSale } from './reconcile.ts';
import { repairs } from './repairs.ts';

let damaged: DamagedSale;
let house: DamagedSale['house'];
let past: DamagedSale['past'];
let damage: DamagedSale['damage'];
beforeAll(async () => {
  damaged = await damagedSale();
  ({ house, past, damage } = damaged);
});
afterAll(() => damaged.close());

const parts = () => damaged.parts();
const reconcile = () => damaged.reconcile();
const relay = () => damaged.relay();

/** Every kind that some test below did and saw named. */
const seen = new Set<string>();

const named = (found: readonly { kind: string; subject: string }[]) =>
  found.map(({ kind, subject }) => `${kind} ${subject}`).sort();

const wantedOf = (called: readonly [DiscrepancyKind, string][]) => {
  for (const [kind] of called) seen.add(kind);
  return named(called.map(([kind, subject]) => ({ kind, subject })));
};

describe('what is certain is repaired, once, on record', () => {
  test.each(certainDamage)('%s', async (_, doDamage) => {
    await house.engine.runOnce();
    const { called } = await doDamage(damaged);
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
  test.each(doubtfulDamage)('%s', async (_, doDamage) => {
    await house.engine.runOnce();
    const { called, undo } = await doDamage(damaged);
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
  await damage.redis.hset(damage.keys.sale, 'builderHeardAtMs', 0);
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
