import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CreateSale } from '../../engine/contracts/wire/sales.ts';
import { RedisUnavailable, type Settlement } from '../../engine/index.ts';
import { item, newSale, testHouse } from '../fixtures/test-house.ts';
import { createLog } from '../log.ts';
import { publishRevisions } from '../reconciliation/unpublished-revisions.ts';
import { patchSale } from './patch-sale.ts';

const log = createLog('silent');
let house: Awaited<ReturnType<typeof testHouse>>;
beforeAll(async () => {
  house = await testHouse();
});
afterAll(() => house.close());

const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
const units = (count: number, sku = 'ps5') => ({ items: [{ sku, units: count }] });

async function sale(changes: Partial<CreateSale> = {}): Promise<string> {
  const created = await house.sales.create(newSale(changes));
  if (created.kind === 'refused') throw new Error(JSON.stringify(created));
  return created.config.id;
}

/** Units of the only SKU in the rows, in Redis, and in the sale's stock by the ledger. */
async function unitsOf(saleId: string): Promise<number[]> {
  const { rows } = await house.database.pool.query(
    `SELECT units, (SELECT sum(amount)::integer FROM ledger_entries WHERE account = 'sale/' || $1 || '/stock') AS posted
     FROM sale_items WHERE sale_id = $1`,
    [saleId],
  );
  return [rows[0].units, (await house.settlement.snapshot(saleId))?.stock[0]?.units ?? -1, rows[0].posted];
}

/** A patch by an operator whose Redis is like that. */
const patchWith = (saleId: string, changes: Partial<Settlement>, patch: Parameters<typeof patchSale>[4]) =>
  patchSale(house.database.pool, { ...house.settlement, ...changes }, log, saleId, patch);

const repair = () => publishRevisions(house.database.pool, house.settlement, log, 0);

test('title, pace and times change in the rows and in Redis', async () => {
  const id = await sale({ method: 'fifo', opensAt: inMs(60_000) });
  const [opensAt, closesAt] = [inMs(30_000), inMs(7_200_000)];
  expect(await house.sales.patch(id, { title: 'PS5 Sunday', perMinute: 7, opensAt, closesAt })).toEqual({
    kind: 'done',
  });
  const live = await house.settlement.sale(id);
  expect(live?.config).toMatchObject({
    title: 'PS5 Sunday',
    perMinute: 7,
    opensAtMs: Date.parse(opensAt),
    closesAtMs: Date.parse(closesAt),
  });
  expect((await house.sales.audit(id))?.discrepancies).toEqual([]);
  expect(await house.sales.patch(id, { opensAt: inMs(-1_000) })).toEqual({ kind: 'done' });
  expect((await house.settlement.snapshot(id))?.state).toBe('open');
});

test('more units wake whoever stood by', async () => {
  const live = await house.openSale(1);
  const { id } = live.config;
  await house.hold(live);
  const buyer = 'stands by';
  const outcome = await house.engine.desk.reserve(live, buyer, { items: [{ sku: 'ps5', quantity: 1 }] });
  expect(outcome.kind).toBe('standby');
  expect(await house.sales.patch(id, units(2))).toEqual({ kind: 'done' });
  await expect
    .poll(() => house.pushes)
    .toContainEqual(expect.objectContaining({ ev: 'reserved', buyerId: buyer, saleId: id }));
  expect(await unitsOf(id)).toEqual([2, 2, 2]);
});

test('units are taken from what is not held or sold, and nothing changes where that does not do', async () => {
  const live = await house.openSale(5);
  const { id } = live.config;
  await Promise.all([house.hold(live), house.hold(live)]);
  expect(await house.sales.patch(id, { title: 'Renamed', ...units(1) })).toMatchObject({
    code: 'units_in_use',
    field: 'items.0.units',
  });
  expect(await unitsOf(id)).toEqual([5, 5, 5]);
  expect((await house.settlement.sale(id))?.config.title).toBe('PS5 Friday');
  expect(await house.sales.patch(id, units(2))).toEqual({ kind: 'done' });
  expect(await unitsOf(id)).toEqual([2, 2, 2]);
  expect((await house.sales.audit(id))?.discrepancies).toEqual([]);
});

test('a unit that is taken by a buyer meanwhile is kept, and all is as it was', async () => {
  const live = await house.openSale(2);
  const { id } = live.config;
  const reviseUnits: Settlement['reviseUnits'] = async (saleId, revision, sku, count) => {
    if (count === 0) await house.hold(live);
    return house.settlement.reviseUnits(saleId, revision, sku, count);
  };
  expect(await patchWith(id, { reviseUnits }, units(0))).toMatchObject({ code: 'units_in_use' });
  expect(await unitsOf(id)).toEqual([2, 2, 2]);
});

test('the guard has the last word about what is being paid', async () => {
  const live = await house.openSale(2);
  const { id } = live.config;
  await house.database.pool.query('UPDATE sale_items SET committed = 2 WHERE sale_id = $1', [id]);
  expect(await house.sales.patch(id, units(1))).toMatchObject({ code: 'units_in_use' });
  expect(await unitsOf(id)).toEqual([2, 2, 2]);
});

test('a crash between the rows and Redis is finished, one between Redis and the rows is undone', async () => {
  const more = await sale({ items: [item(3)] });
  const away = () => Promise.reject(new RedisUnavailable('away'));
  expect(await patchWith(more, { configure: away }, { title: 'Later', ...units(5) })).toEqual({
    kind: 'done',
  });
  expect(await unitsOf(more)).toEqual([5, 3, 5]);
  expect(await repair()).toBe(1);
  expect(await unitsOf(more)).toEqual([5, 5, 5]);
  expect((await house.settlement.sale(more))?.config.title).toBe('Later');

  const fewer = await sale({ items: [item(3)] });
  const dies: Settlement['reviseUnits'] = async (...args) => {
    await house.settlement.reviseUnits(...args);
    throw new Error('this operator died');
  };
  await expect(patchWith(fewer, { reviseUnits: dies }, units(1))).rejects.toThrow('died');
  expect(await unitsOf(fewer)).toEqual([3, 1, 3]);
  expect(await publishRevisions(house.database.pool, house.settlement, log, 60_000)).toBe(0);
  expect(await repair()).toBe(1);
  expect(await unitsOf(fewer)).toEqual([3, 3, 3]);
  expect(await repair()).toBe(0);
});

test('a sale that Redis has lost waits for its rebuild, and keeps nobody else waiting', async () => {
  const away = () => Promise.reject(new RedisUnavailable('away'));
  const lost = await sale({ items: [item(3)] });
  const other = await sale({ items: [item(3)] });
  for (const id of [lost, other]) await patchWith(id, { configure: away }, units(5));
  const redis = new Redis(house.redis.url);
  await redis.del(`db:{${lost}}:sale`);
  redis.disconnect();
  expect(await repair()).toBe(1);
  expect(await unitsOf(other)).toEqual([5, 5, 5]);
});

test('units that are held in a Redis that fell back leave it when their hold ends', async () => {
  const live = await house.openSale(2);
  const { id } = live.config;
  const hold = await house.hold(live);
  await house.hold(live);
  // Taken from Redis and from the rows, and lost by Redis.
  await house.database.pool.query('UPDATE sale_items SET units = 1 WHERE sale_id = $1', [id]);
  await house.database.pool.query(
    "UPDATE sales SET revision = revision + 1, revised_at = now() - interval '1 s' WHERE id = $1",
    [id],
  );
  expect(await repair()).toBe(0);
  expect((await house.settlement.snapshot(id))?.stock).toMatchObject([{ units: 2, held: 2 }]);
  await house.engine.desk.release(hold.reservationId, hold.buyerId);
  expect(await repair()).toBe(1);
  expect((await house.settlement.snapshot(id))?.stock).toMatchObject([{ units: 1, held: 1, available: 0 }]);
});

test('a change that slept while it was undone is refused, and does not come back', async () => {
  const id = await sale({ items: [item(3)] });
  const sleeps: Settlement['reviseUnits'] = async (...args) => {
    const adjusted = await house.settlement.reviseUnits(...args);
    await repair();
    return adjusted;
  };
  expect(await patchWith(id, { reviseUnits: sleeps }, units(1))).toMatchObject({ code: 'unavailable' });
  expect(await unitsOf(id)).toEqual([3, 3, 3]);
});

test('an older change that reaches Redis last does not stay there', async () => {
  const id = await sale({ method: 'fifo' });
  let isFirst = true;
  const overtaken: Settlement['configure'] = async (saleId, revision, fields) => {
    if (isFirst) {
      isFirst = false;
      expect(await house.sales.patch(id, { perMinute: 222 })).toEqual({ kind: 'done' });
    }
    return house.settlement.configure(saleId, revision, fields);
  };
  expect(await patchWith(id, { configure: overtaken }, { perMinute: 111 })).toEqual({ kind: 'done' });
  expect((await house.settlement.snapshot(id))?.perMinute).toBe(222);
  expect(await repair()).toBe(0);
});

test('an older change does not lie over a later one, also where whoever brings it dies of it', async () => {
  const id = await sale({ items: [item(3)] });
  let isFirst = true;
  const late: Settlement['reviseUnits'] = async (...args) => {
    if (!isFirst) return house.settlement.reviseUnits(...args);
    isFirst = false;
    expect(await house.sales.patch(id, units(5))).toEqual({ kind: 'done' });
    await house.settlement.reviseUnits(...args);
    throw new Error('died');
  };
  expect(await patchWith(id, { reviseUnits: late }, units(9))).toEqual({ kind: 'done' });
  expect(await unitsOf(id)).toEqual([5, 5, 5]);
  expect(await repair()).toBe(0);
});

test('whatever several operators change at once, rows and Redis agree afterwards', async () => {
  const id = await sale({ items: [item(50)] });
  await Promise.all(
    Array.from({ length: 12 }, (_, i) => house.sales.patch(id, { perMinute: 100 + i, ...units(40 + 2 * i) })),
  );
  await repair();
  const [rows, redis, posted] = await unitsOf(id);
  expect([redis, posted]).toEqual([rows, rows]);
  const { rows: found } = await house.database.pool.query('SELECT per_minute FROM sales WHERE id = $1', [id]);
  expect((await house.settlement.snapshot(id))?.perMinute).toBe(found[0].per_minute);
});

test('what has ended keeps its units, also where the rows were a moment ahead', async () => {
  const id = await sale({ items: [item(3)] });
  const ends: Settlement['configure'] = async (saleId, revision, fields) => {
    await house.settlement.command(saleId, 'close');
    return house.settlement.configure(saleId, revision, fields);
  };
  expect(await patchWith(id, { configure: ends }, units(9))).toMatchObject({ code: 'invalid_transition' });
  expect(await unitsOf(id)).toEqual([3, 3, 3]);
  for (const patch of [units(9), units(1), { title: 'Over' }]) {
    expect(await house.sales.patch(id, patch)).toMatchObject({
      code: 'invalid_transition',
      members: { state: 'closed' },
    });
  }
});

test.each<[string, string, Parameters<typeof patchSale>[4]]>([
  [
    'sku_not_found',
    'items.1.sku',
    {
      items: [
        { sku: 'ps5', units: 1 },
        { sku: 'ps6', units: 1 },
      ],
    },
  ],
  [
    'invalid_request',
    'items.1.sku',
    {
      items: [
        { sku: 'ps5', units: 1 },
        { sku: 'ps5', units: 2 },
      ],
    },
  ],
  ['invalid_request', 'opensAt', { opensAt: '2027-02-30T00:00:00Z' }],
  ['invalid_request', 'opensAt', { opensAt: inMs(7_200_000) }],
  ['invalid_request', 'closesAt', { closesAt: inMs(-1_000) }],
  ['invalid_request', 'closesAt', { closesAt: inMs(30_000) }],
])('%s names %s', async (code, field, patch) => {
  const id = await sale({ opensAt: inMs(60_000) });
  expect(await house.sales.patch(id, patch)).toMatchObject({ code, field });
  expect(await unitsOf(id)).toEqual([10, 10, 10]);
});

test('an opening that has come, or was decided by hand, is not moved', async () => {
  const open = await sale();
  expect(await house.sales.patch(open, { opensAt: inMs(60_000) })).toMatchObject({
    code: 'invalid_transition',
    field: 'opensAt',
  });
  const decided = await sale({ method: 'queue', opensAt: inMs(60_000) });
  await house.sales.command(decided, 'open');
  expect(await house.sales.patch(decided, { opensAt: inMs(90_000) })).toMatchObject({
    code: 'invalid_transition',
  });
  expect(await house.sales.patch(decided, { title: 'Still to be opened' })).toEqual({ kind: 'done' });
  expect((await house.settlement.sale(decided))?.config.opensAtMs).toBeLessThanOrEqual(Date.now());
  expect(await house.sales.patch('nowhere', { title: 'x' })).toMatchObject({ code: 'sale_not_found' });
});

test('the freeze stays before the beacon', async () => {
  const beacon = { source: 's', round: 1, at: inMs(55_000) };
  const id = await sale({ method: 'queue', opensAt: inMs(60_000), beacon });
  expect(await house.sales.patch(id, { opensAt: inMs(90_000) })).toMatchObject({
    code: 'invalid_request',
    field: 'opensAt',
  });
  expect(await house.sales.patch(id, { opensAt: inMs(62_000) })).toEqual({ kind: 'done' });
});
