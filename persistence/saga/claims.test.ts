import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../fixtures/eventually.ts';
import { testIntent } from '../fixtures/test-intent.ts';
import { insertSale, testPool } from '../fixtures/test-sale.ts';
import { createLog } from '../log.ts';
import { orderStoreOn } from '../orders/order-store.ts';
import { type Claim, claimsOn } from './claims.ts';

let database: Awaited<ReturnType<typeof testPool>>;
beforeAll(async () => {
  database = await testPool();
});
afterAll(() => database.close());

test('whoever claims payments that are being changed waits, and sees them as they are then', async () => {
  await insertSale(database.pool, 'claimed', { ps5: 100 });
  const orders = orderStoreOn(database.pool, createLog('silent'));
  const intents = Array.from({ length: 30 }, () => testIntent({ saleId: 'claimed' }));
  await Promise.all(intents.map((intent) => orders.beginPayment(intent)));
  const declined = new Set(intents.slice(0, 10).map(({ paymentId }) => paymentId));

  const other = await database.pool.connect();
  await other.query('BEGIN');
  await other.query('UPDATE payments SET fence = fence + 1');
  await other.query(
    `UPDATE payments SET state = 'declined', decline_code = 'card_declined' WHERE payment_id = ANY ($1)`,
    [[...declined]],
  );
  const { claim } = claimsOn(database.pool, { leaseMs: 60_000, first: 'primary', actionMs: 1 });
  const claimed = Promise.all(intents.map(({ paymentId }) => claim({ paymentId, preferred: 'primary' })));
  await eventually(
    async () =>
      (await database.pool.query('SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted')).rows[0].n,
  ).toBeGreaterThan(0);
  await other.query('COMMIT');
  other.release();

  for (const seen of await claimed) {
    expect(seen).toMatchObject(
      declined.has(seen?.payment_id as never)
        ? { state: 'declined', decline_code: 'card_declined', fence: null, asked: null }
        : { state: 'initiated', fence: 2, asked: 'primary', was_asked: null, amount_minor: 49_900 },
    );
  }
  const { rows } = await database.pool.query(
    'SELECT state, fence, asked, count(*)::int AS n FROM payments GROUP BY 1, 2, 3 ORDER BY 1',
  );
  expect(rows).toEqual([
    { state: 'declined', fence: 1, asked: null, n: 10 },
    { state: 'initiated', fence: 2, asked: 'primary', n: 20 },
  ]);
});

test('a claim keeps others away while its lease lasts; given back after it, it changes nothing', async () => {
  await insertSale(database.pool, 'fenced', { ps5: 100 });
  const intent = testIntent({ saleId: 'fenced' });
  await orderStoreOn(database.pool, createLog('silent')).beginPayment(intent);
  const { claim, release } = claimsOn(database.pool, { leaseMs: 600_000, first: 'primary', actionMs: 1 });
  const ask = () => claim({ paymentId: intent.paymentId, preferred: 'primary' });
  const first = (await ask()) as Claim;
  expect(first).toMatchObject({ fence: 1, asked: 'primary' });
  expect(await ask()).toMatchObject({ state: 'initiated', fence: null, asked: null });

  await database.pool.query('UPDATE payments SET lease_until = now() WHERE payment_id = $1', [
    intent.paymentId,
  ]);
  const second = (await ask()) as Claim;
  expect(second).toMatchObject({ fence: 2, was_asked: 'primary' });
  const back = { isUnasked: true, pauseMs: 0, unresolved: null, isKeyOver: false };
  await release(first, back);
  expect(await ask()).toMatchObject({ fence: null, was_asked: 'primary' });
  await release(second, back);
  expect(await ask()).toMatchObject({ fence: 3, was_asked: null });
});

/** A payment of a sale of its own, and the claims on it. */
async function claimable(saleId: string) {
  await insertSale(database.pool, saleId, { ps5: 100 });
  const intent = testIntent({ saleId });
  await orderStoreOn(database.pool, createLog('silent')).beginPayment(intent);
  const { paymentId } = intent;
  const claims = claimsOn(database.pool, { leaseMs: 600_000, first: 'primary', actionMs: 1 });
  return {
    ...claims,
    ask: async () => (await claims.claim({ paymentId, preferred: 'primary' })) as Claim,
    row: async () => {
      const { rows } = await database.pool.query<{ unresolved: string | null; asked_at: Date | null }>(
        'SELECT unresolved, asked_at FROM payments WHERE payment_id = $1',
        [paymentId],
      );
      return rows[0];
    },
  };
}

test('since when a payment is asked for is kept, and forgotten where nobody was asked', async () => {
  const { ask, release, row } = await claimable('asked-for');
  const first = await ask();
  expect(first.asked_at).toEqual((await row())?.asked_at);
  await release(first, { isUnasked: false, pauseMs: 0, unresolved: null, isKeyOver: false });
  const second = await ask();
  expect(second.asked_at).toEqual(first.asked_at);
  await release(second, { isUnasked: true, pauseMs: 0, unresolved: null, isKeyOver: false });
  expect((await row())?.asked_at).toBeNull();
  expect((await ask()).asked_at.getTime()).toBeGreaterThan(first.asked_at.getTime());
});

test('a payment is for a person for the first reason, until its provider answers', async () => {
  const { ask, release, awaitBuyer, row } = await claimable('answered');
  const back = { isUnasked: false, pauseMs: 0, isKeyOver: false };
  await release(await ask(), { ...back, unresolved: 'lost' });
  await release(await ask(), { ...back, unresolved: 'lost again' });
  expect(await row()).toMatchObject({ unresolved: 'lost' });
  const claim = await ask();
  await awaitBuyer({ claim, provider: 'primary', providerReference: 'pi', url: 'http://bank' });
  expect(await row()).toMatchObject({ unresolved: null });
  await release(await ask(), { ...back, unresolved: 'lost' });
  expect(await row()).toMatchObject({ unresolved: 'lost' });
  await release(await ask(), { ...back, unresolved: null });
  expect(await row()).toMatchObject({ unresolved: null });
});

test('since when a key is over is kept from the first time that it was seen', async () => {
  const { ask, release } = await claimable('over');
  const back = { isUnasked: false, pauseMs: 0, unresolved: null };
  const first = await ask();
  expect(first.key_over_at).toBeNull();
  await release(first, { ...back, isKeyOver: true });
  const second = await ask();
  expect(second.key_over_at).toEqual(expect.any(Date));
  await release(second, { ...back, isKeyOver: true });
  const third = await ask();
  await release(third, { ...back, isKeyOver: false });
  expect([third, await ask()].map((claim) => claim.key_over_at)).toEqual(Array(2).fill(second.key_over_at));
});
