import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newSale, testHouse } from '../fixtures/test-house.ts';
import { createLog } from '../log.ts';
import { statement } from '../postgres/statement.ts';
import { followRedis } from '../reconciliation/epochs.ts';
import { publishLateInvitations } from '../reconciliation/late-invitations.ts';
import { publishMissingSales } from '../reconciliation/missing-sales.ts';
import { createSale } from './create-sale.ts';
import { inviteBuyers } from './invite-buyers.ts';
import { publishInvitations } from './publish-invitations.ts';
import { type SaleRow, unpublished } from './sale-row.ts';

const log = createLog('silent');
const readSale = statement<SaleRow>('read-sale');
let house: Awaited<ReturnType<typeof testHouse>>;
beforeAll(async () => {
  house = await testHouse();
});
afterAll(() => house.close());

const isAway = () => Promise.reject(new Error('Redis is away'));
const away = {
  publishSale: isAway,
  invite: isAway,
  knownInvitations: isAway,
  adjustUnits: isAway,
  listItems: isAway,
  snapshot: isAway,
};
const publishLate = () => publishLateInvitations(house.reports, house.database.pool, house.settlement, log);

/** Whether these buyers may join, in their order. */
async function join(saleId: string, buyers: string[]) {
  const sale = await house.engine.sales.find(saleId);
  if (!sale) throw new Error(`no sale ${saleId}`);
  const outcomes = await Promise.all(buyers.map((buyer) => house.engine.waitingRoom.join(sale, buyer)));
  return outcomes.map((outcome) => (outcome.kind === 'refused' ? outcome.code : outcome.kind));
}

const invited = (buyers: string[]) => newSale({ method: 'fifo', invitations: { buyers } });

test('a sale comes with its list, and more are invited while it lasts', async () => {
  const sale = invited(['ann', 'bob', 'ann']);
  await house.sales.create(sale);
  expect(await join(sale.id, ['ann', 'cat'])).toEqual(['joined', 'not_invited']);
  expect(await house.sales.invite(sale.id, ['cat', 'bob'])).toEqual({ kind: 'invited', added: 1, listed: 3 });
  expect(await house.sales.invite(sale.id, ['cat'])).toEqual({ kind: 'invited', added: 0, listed: 3 });
  expect(await join(sale.id, ['bob', 'cat', 'eve'])).toEqual(['joined', 'joined', 'not_invited']);
});

test('an empty list is a list: nobody joins before somebody is invited', async () => {
  const sale = invited([]);
  await house.sales.create(sale);
  expect(await join(sale.id, ['ann'])).toEqual(['not_invited']);
  await house.sales.invite(sale.id, ['ann']);
  expect(await join(sale.id, ['ann'])).toEqual(['joined']);
});

test('nobody is invited to a sale for everybody, to one without a waiting room, or to none', async () => {
  const open = newSale({ method: 'fifo' });
  await house.sales.create(open);
  expect(await house.sales.invite(open.id, ['ann'])).toMatchObject({ code: 'invalid_transition' });
  expect(await house.sales.invite('nowhere', ['ann'])).toMatchObject({ code: 'sale_not_found' });
  expect(await house.sales.create({ ...invited(['ann']), method: 'none' })).toMatchObject({
    code: 'invalid_request',
    field: 'invitations',
  });
});

test('what Redis did not hear of is told later: a whole sale, and what was added to its list', async () => {
  const sale = invited(['ann']);
  expect((await createSale(house.database.pool, away, log, sale)).kind).toBe('created');
  expect(await publishMissingSales(house.database.pool, house.settlement, log, 0)).toBe(1);
  expect(await join(sale.id, ['ann', 'bob'])).toEqual(['joined', 'not_invited']);
  const kept = await inviteBuyers(house.database.pool, away, log, sale.id, ['bob']);
  expect(kept).toMatchObject({ added: 1, listed: 2 });
  expect(await join(sale.id, ['bob'])).toEqual(['not_invited']);
  expect(await publishLate()).toBe(1);
  expect(await publishLate()).toBe(0);
  expect(await join(sale.id, ['bob'])).toEqual(['joined']);
});

test('who was invited last, and is unknown to a Redis that was restarted, is told to it again', async () => {
  const sale = invited(['ann']);
  const parts = { rows: house.database.pool, reports: house.reports, settlement: house.settlement, log };
  await house.sales.create(sale);
  await house.engine.runOnce();
  expect(await followRedis(parts, sale.id)).toBe(1);
  // Falls back to when the list was whole and shorter. Nobody came since, so its stream is whole as well.
  const redis = new Redis(house.redis.url);
  const buckets = await redis.keys(`*{${sale.id}}:places:*`);
  const copies = await Promise.all(buckets.map((key) => redis.dumpBuffer(key)));
  await house.sales.invite(sale.id, ['bob']);
  await redis.del(await redis.keys(`*{${sale.id}}:places:*`));
  await Promise.all(buckets.map((key, at) => redis.restore(key, 0, copies[at] as Buffer)));
  redis.disconnect();
  house.redis.process.kill();
  await house.redis.restart();
  const isBack = () => house.settlement.saleIds().then(house.engine.unavailable);
  await expect.poll(() => isBack().catch(() => 'away')).toBe(null);

  expect(await followRedis(parts, sale.id)).toBe(2);
  await house.engine.runOnce();
  expect(await join(sale.id, ['ann', 'bob', 'cat'])).toEqual(['joined', 'unavailable', 'unavailable']);
  expect(await publishLate()).toBeGreaterThan(0);
  expect(await join(sale.id, ['bob', 'cat'])).toEqual(['joined', 'not_invited']);
});

test('a Redis that was rebuilt is told the whole list again, and refuses nobody for good before', async () => {
  const buyers = Array.from({ length: 4_100 }, (_, i) => `buyer-${i}`);
  const sale = invited(buyers);
  await house.sales.create(sale);
  const redis = new Redis(house.redis.url);
  await redis.flushall();
  redis.disconnect();
  // As a rebuild does it: the sale is there before its list is.
  const [row] = await readSale(house.database.pool, [sale.id]);
  await house.settlement.publishSale(unpublished(row as SaleRow));
  expect(await join(sale.id, ['buyer-0'])).toEqual(['unavailable']);
  // Those of the tests before are lost for good, which keeps nobody waiting.
  await expect(publishLate()).rejects.toThrow('by invitation');
  expect(await join(sale.id, ['buyer-0', 'buyer-4099', 'buyer-4100'])).toEqual([
    'joined',
    'joined',
    'not_invited',
  ]);
});

test('several tell Redis at once: each buyer is listed once', async () => {
  const sale = invited([]);
  await createSale(house.database.pool, away, log, sale);
  await publishMissingSales(house.database.pool, house.settlement, log, 0);
  const publish = () => publishInvitations(house.database.pool, house.settlement, sale.id);
  const lists = [0, 50, 25].map((from) => Array.from({ length: 100 }, (_, i) => `buyer-${from + i}`));
  await Promise.all([
    ...lists.map((list) => house.sales.invite(sale.id, list)),
    ...[1, 2].map(() => publish()),
  ]);
  await publish();
  const { rows } = await house.database.pool.query(
    'SELECT count(*)::integer AS listed, count(published_at)::integer AS told FROM sale_invitations WHERE sale_id = $1',
    [sale.id],
  );
  expect(rows[0]).toEqual({ listed: 150, told: 150 });
});
