import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CreateSale } from '../../engine/contracts/wire/sales.ts';
import { item, newSale, testHouse } from '../fixtures/test-house.ts';
import { createLog } from '../log.ts';
import { relayOnce } from '../outbox/relay.ts';

let house: Awaited<ReturnType<typeof testHouse>>;
beforeAll(async () => {
  house = await testHouse();
});
afterAll(() => house.close());

const rowOf = async (saleId: string) =>
  (await house.database.pool.query('SELECT * FROM sales WHERE id = $1', [saleId])).rows[0];

test('a sale is rows with a secret seed, and then known to Redis', async () => {
  const sale = newSale({ items: [item(10), item(0, 'case')], method: 'fifo' });
  const created = await house.sales.create(sale);
  if (created.kind === 'refused') throw new Error(created.code);
  const row = await rowOf(sale.id);
  expect(created.config).toMatchObject({
    id: sale.id,
    number: row.number,
    holdMs: 600_000,
    claimMs: 60_000,
    opensAtMs: Date.parse(sale.opensAt),
    seedCommitment: createHash('sha256').update(row.seed).digest('hex'),
    items: [{ sku: 'ps5', price: { amount: 49_900, currency: 'USD' } }, { sku: 'case' }],
  });
  expect(row.seed).toHaveLength(32);
  expect(row.published_at).not.toBeNull();
  // Without a word about it, the room opens with the creation, or with a sale that is open already.
  expect(created.config.waitingOpensAtMs).toBe(created.config.opensAtMs);
  const stock = (await house.settlement.snapshot(sale.id))?.stock;
  expect(stock?.map(({ sku, units, available }) => [sku, units, available]).sort()).toEqual([
    ['case', 0, 0],
    ['ps5', 10, 10],
  ]);
});

test('an id is taken once, whoever asks at the same time', async () => {
  const sale = newSale();
  const outcomes = await Promise.all([1, 2, 3].map(() => house.sales.create(sale)));
  expect(outcomes.filter((outcome) => outcome.kind === 'created')).toHaveLength(1);
  expect(outcomes.filter((outcome) => outcome.kind === 'refused')).toEqual(
    Array(2).fill({ kind: 'refused', code: 'sale_exists', field: 'id' }),
  );
});

test('what a sale says about its tokens and extensions reaches every gateway; without a word, neither', async () => {
  const plain = newSale();
  const open = newSale({ tokens: 'public', extendSeconds: 90 });
  for (const sale of [plain, open]) await house.sales.create(sale);
  const configOf = async ({ id }: CreateSale) => (await house.settlement.sale(id))?.config;
  expect(await configOf(plain)).toMatchObject({ tokens: 'private', extendMs: 0 });
  expect(await configOf(open)).toMatchObject({ tokens: 'public', extendMs: 90_000 });
});

const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();

test.each<[string, Partial<CreateSale>]>([
  ['closesAt', { opensAt: inMs(2_000), closesAt: inMs(1_000) }],
  ['closesAt', { opensAt: inMs(-2_000), closesAt: inMs(-1_000) }],
  ['opensAt', { opensAt: '2027-02-30T00:00:00Z', closesAt: '2027-03-10T00:00:00Z' }],
  ['waitingOpensAt', { waitingOpensAt: inMs(5_000), opensAt: inMs(1_000) }],
  ['items.1.sku', { items: [item(1), item(2)] }],
  [
    'items.1.price.currency',
    { items: [item(1), { ...item(1, 'case'), price: { amount: 1, currency: 'EUR' } }] },
  ],
  [
    'items.0.price.amount',
    { items: [{ ...item(1), price: { amount: 10 ** 12, currency: 'USD' } }], perBuyerLimit: 10 ** 6 },
  ],
  ['beacon', { method: 'fifo', beacon: { source: 'drand', round: 1, at: inMs(1_000) } }],
  ['challenge', { challenge: { difficulty: 8 } }],
  ['checkoutsAtOnceMax', { checkoutsAtOnceMax: 8 }],
  ['opensAt', { method: 'lottery' }],
  ['freezeSeconds', { method: 'queue', opensAt: inMs(20_000), freezeSeconds: 20 }],
  [
    'freezeSeconds',
    { method: 'lottery', opensAt: inMs(90_000), waitingOpensAt: inMs(80_000), freezeSeconds: 11 },
  ],
  [
    'beacon.at',
    { method: 'queue', opensAt: inMs(60_000), beacon: { source: 's', round: 1, at: inMs(45_000) } },
  ],
  ['beacon.at', { method: 'queue', beacon: { source: 's', round: 1, at: inMs(-500) } }],
  ['beacon.at', { method: 'queue', beacon: { source: 's', round: 1, at: inMs(3_700_000) } }],
  ['beacon.at', { method: 'queue', beacon: { source: 's', round: 1, at: '2027-02-30T00:00:00Z' } }],
])('a sale that makes no sense is refused by its %s', async (field, changes) => {
  const sale = newSale(changes);
  expect(await house.sales.create(sale)).toMatchObject({ code: 'invalid_request', field });
  expect(await rowOf(sale.id)).toBeUndefined();
});

test('commands are rows first, and Redis judges them', async () => {
  const sale = newSale({ opensAt: inMs(600_000) });
  await house.sales.create(sale);
  expect(await house.sales.command('nowhere', 'open')).toMatchObject({ code: 'sale_not_found' });
  expect(await house.sales.command(sale.id, 'pause')).toMatchObject({ code: 'invalid_transition' });
  expect(await house.sales.command(sale.id, 'open')).toEqual({ kind: 'done', state: 'open' });
  expect((await rowOf(sale.id)).open_commanded_at).not.toBeNull();
  expect((await house.settlement.snapshot(sale.id))?.state).toBe('open');
  expect(await house.sales.command(sale.id, 'close')).toEqual({ kind: 'done', state: 'closed' });
  await relayOnce(house.database.pool, house.settlement, createLog('silent'), sale.id);
  expect((await rowOf(sale.id)).state).toBe('closed');
});

test('a command for a sale that Redis does not know at the moment is to be said again', async () => {
  const sale = newSale({ opensAt: inMs(600_000) });
  await house.sales.create(sale);
  const redis = new Redis(house.redis.url);
  const key = (await redis.keys(`*{${sale.id}}:sale`))[0] as string;
  // As after a restart, until the next epoch has begun.
  const life = (await redis.hget(key, 'life')) as string;
  await redis.hset(key, 'life', 'another');
  expect(await house.sales.command(sale.id, 'open')).toMatchObject({
    code: 'unavailable',
    retryAfterSeconds: 1,
  });
  await redis.hset(key, 'life', life);
  expect(await house.sales.command(sale.id, 'open')).toEqual({ kind: 'done', state: 'open' });
  await redis.quit();
});

test('an audit of a sale that does not exist is none, and of a new one is clean', async () => {
  expect(await house.sales.audit('nowhere')).toBeNull();
  const sale = newSale({ items: [item(4)] });
  await house.sales.create(sale);
  const audit = await house.sales.audit(sale.id);
  expect(audit).toMatchObject({
    saleId: sale.id,
    epoch: 1,
    items: [{ sku: 'ps5', units: 4, available: 4, held: 0, paying: 0, sold: 0, committed: 0 }],
    ledger: { sold: 0, balanced: true },
    discrepancies: [],
  });
  expect(audit?.relay.lagEntries).toBeGreaterThan(0);
});

test('an audit names what does not agree', async () => {
  const sale = await house.openSale(4);
  const hold = await house.hold(sale);
  await house.pay(hold);
  const { id } = sale.config;
  const kinds = async () => (await house.sales.audit(id))?.discrepancies.map(({ kind }) => kind);
  expect(await kinds()).toEqual([]);
  // An order that was confirmed past everything that would have had to happen with it.
  await house.database.pool.query(
    `WITH paid AS (UPDATE payments SET state = 'captured' WHERE sale_id = $1)
     UPDATE orders SET status = 'confirmed' WHERE sale_id = $1`,
    [id],
  );
  expect(await kinds()).toEqual(['missingInLedger']);
  expect((await house.sales.audit(id))?.ledger.balanced).toBe(false);
  await house.database.pool.query('UPDATE sale_items SET committed = 3 WHERE sale_id = $1', [id]);
  expect(await kinds()).toContain('guardMismatch');
  expect((await house.sales.audit(id))?.oversold).toBe(0);
});
