import { Redis } from 'ioredis';
import pg from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type House, openHouse } from '../fixtures/house.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(async () => {
  const undocumented = await house.undocumentedRefusals();
  await house.close();
  expect(undocumented).toEqual([]);
});

const root = '/api/v1/admin/sales';
const draft = (more: object = {}) => ({
  id: 'drafted',
  title: 'PS5 Friday',
  items: [{ sku: 'ps5', title: 'PlayStation 5', price: { amount: 49_900, currency: 'USD' }, units: 5 }],
  opensAt: '2036-01-01T00:00:00Z',
  closesAt: '2036-01-02T00:00:00+02:00',
  method: 'fifo',
  perBuyerLimit: 1,
  holdSeconds: 60,
  claimSeconds: 30,
  perMinute: 1000,
  ...more,
});

test('a sale is created once, with its commitment', async () => {
  const created = await house.operate('POST', root, { body: draft({ whenRedisIsDown: 'refuse' }) });
  expect(created).toMatchObject({
    status: 201,
    body: {
      id: 'drafted',
      state: 'waiting',
      opensAt: '2036-01-01T00:00:00.000Z',
      closesAt: '2036-01-01T22:00:00.000Z',
      items: [{ sku: 'ps5', units: 5, available: 5, held: 0, sold: 0 }],
      waitingRoom: { method: 'fifo', entrants: 0, serving: 0, perMinute: 1000, seed: null },
    },
  });
  expect(created.body.waitingRoom.seedCommitment).toMatch(/^[0-9a-f]{64}$/);
  expect(created.headers.location).toBe('/api/v1/sales/drafted');
  expect(await house.operate('POST', root, { body: draft() })).toMatchObject({
    status: 409,
    body: { code: 'sale_exists' },
  });
  const published = await house.until(
    () => house.ask('GET', '/sales/drafted'),
    ({ status }) => status === 200,
  );
  expect(published.body.waitingRoom.seedCommitment).toBe(created.body.waitingRoom.seedCommitment);
});

test.each([
  ['an unknown field', draft({ colour: 'red' }), 422, 'colour'],
  ['a method that there is not', draft({ method: 'raffle' }), 422, 'method'],
  ['a name that is none', draft({ id: 'PS5 Friday' }), 422, 'id'],
  [
    'money as a float',
    draft({ items: [{ ...draft().items[0], price: { amount: 499.5, currency: 'USD' } }] }),
    422,
    'items.0.price.amount',
  ],
  [
    'a currency that there is not',
    draft({ items: [{ ...draft().items[0], price: { amount: 49_900, currency: 'XYZ' } }] }),
    422,
    'items.0.price.currency',
  ],
  [
    'selling on without Redis, with a waiting room',
    draft({ whenRedisIsDown: 'slow' }),
    422,
    'whenRedisIsDown',
  ],
  ['a time without a zone', draft({ opensAt: '2036-01-01T00:00:00' }), 422, 'opensAt'],
  ['no JSON', '{"id":', 400, undefined],
  ['too much', 'x'.repeat(2_000_000), 413, undefined],
])('%s is refused', async (_, body, status, field) => {
  const answer = await house.operate('POST', root, { body });
  expect([answer.status, answer.body.field]).toEqual([status, field]);
  expect(answer.headers['content-type']).toBe('application/problem+json');
});

test('only an operator gets in', async () => {
  const saleId = await house.sale();
  for (const path of [`${root}/${saleId}/audit`, `${root}/none/audit`]) {
    expect((await house.operate('GET', path, { as: 'ana', role: 'buyer' })).status).toBe(403);
    expect((await house.operate('GET', path, { as: 'sam', role: 'seller' })).status).toBe(403);
    expect(await house.operate('GET', path, { headers: { authorization: 'Bearer nonsense' } })).toMatchObject(
      {
        status: 401,
        body: { code: 'unauthenticated' },
      },
    );
  }
  expect((await house.askAt('GET', `${root}/${saleId}/audit`, { as: 'root', role: 'admin' })).status).toBe(
    404,
  );
});

test('what is not there, and what the state does not allow', async () => {
  expect(await house.operate('GET', `${root}/none/audit`)).toMatchObject({
    status: 404,
    body: { code: 'sale_not_found' },
  });
  for (const command of ['open', 'pause', 'resume', 'close']) {
    expect(await house.operate('POST', `${root}/none/${command}`)).toMatchObject({ status: 404 });
  }
  expect(await house.operate('POST', `${root}/none/messages`, { body: { text: 'x' } })).toMatchObject({
    status: 404,
  });
  const saleId = await house.sale();
  expect((await house.operate('POST', `${root}/${saleId}/close`)).body).toEqual({ saleId, state: 'closed' });
  expect(await house.operate('POST', `${root}/${saleId}/resume`)).toMatchObject({
    status: 409,
    body: { code: 'invalid_transition' },
  });
  const wrong = await house.operate('PUT', `${root}/${saleId}/audit`);
  expect([wrong.status, wrong.headers.allow]).toEqual([405, 'GET, HEAD, OPTIONS']);
  const unheardOf = await house.operate('PROPFIND', `${root}/${saleId}/audit`);
  expect([unheardOf.status, unheardOf.body.code]).toEqual([405, 'method_not_allowed']);
  expect((await house.operate('GET', '/nowhere')).body.code).toBe('not_found');
});

test('the audit adds up', async () => {
  const saleId = await house.sale({ units: 2 });
  const { body } = await house.reserve(saleId, 'ana');
  await house.pay(body.checkoutId, 'ana', 'k', 'tok_visa', { prefer: 'wait=10' });
  await house.reserve(saleId, 'bea');
  const audit = await house.until(
    () => house.operate('GET', `${root}/${saleId}/audit`),
    (answer) => answer.body.relay.lagEntries === 0,
  );
  expect(audit.body).toMatchObject({
    saleId,
    state: 'open',
    items: [{ sku: 'ps5', units: 2, available: 0, held: 1, paying: 0, sold: 1, committed: 1 }],
    orders: { confirmed: 1, pending: 0, failed: 0, cancelled: 0 },
    oversold: 0,
    undersold: 0,
    payments: { captured: 1, withoutOrder: 0, duplicated: 0 },
    discrepancies: [],
  });
});

test('while a unit is held others stand by, and once all is sold nobody does', async () => {
  const saleId = await house.sale({ units: 1 });
  const audit = () => house.operate('GET', `${root}/${saleId}/audit`);
  const { body } = await house.reserve(saleId, 'ana');
  expect((await house.reserve(saleId, 'bea')).status).toBe(202);
  expect((await audit()).body).toMatchObject({ state: 'open', standby: 1 });
  await house.pay(body.checkoutId, 'ana', 'k-stood-by', 'tok_visa', { prefer: 'wait=10' });
  const over = await house.until(audit, (answer) => answer.body.state === 'sold_out');
  expect(over.body).toMatchObject({ standby: 0, undersold: 0 });
});

test('metrics carry every sale', async () => {
  const saleId = await house.sale({ units: 2 });
  await house.reserve(saleId, 'ana');
  const metrics = await house.operate('GET', '/metrics');
  expect(metrics.status).toBe(200);
  expect(metrics.headers['content-type']).toContain('text/plain');
  expect(metrics.body).toContain('process_cpu_user_seconds_total');
  expect(metrics.body).toContain('doorbuster_redis_up 1');
  expect(metrics.body).toContain(`doorbuster_sale_units{sale="${saleId}",sku="ps5",bucket="held"} 1`);
  expect(metrics.body).toContain(`doorbuster_sale_state{sale="${saleId}",state="open"} 1`);
  expect((await house.operate('GET', '/healthz')).body).toEqual({ status: 'alive' });
});

test('a damaged sale blanks the metrics of no other', async () => {
  const [damaged, sound] = [await house.sale({ units: 2 }), await house.sale({ units: 2 })];
  const redis = new Redis(house.redis.url);
  onTestFinished(() => redis.disconnect());
  const stockKey = `db:{${damaged}}:stock`;
  expect(await redis.type(stockKey)).toBe('hash');
  await redis.rename(stockKey, `${stockKey}:aside`);
  const { status, body } = await house.operate('GET', '/metrics');
  await redis.rename(`${stockKey}:aside`, stockKey);
  expect(status).toBe(200);
  expect(body).toContain('doorbuster_redis_up 1');
  expect(body).toContain(`doorbuster_sale_state{sale="${sound}",state="open"} 1`);
  expect(body).not.toContain(`doorbuster_sale_state{sale="${damaged}"`);
});

test('what does not agree is repaired or shown, and counted', async () => {
  const saleId = await house.sale({ units: 2 });
  const { body } = await house.reserve(saleId, 'ana');
  await house.pay(body.checkoutId, 'ana', 'k-reconciled', 'tok_visa', { prefer: 'wait=10' });
  const clean = await house.operate('POST', `${root}/${saleId}/reconciliations`);
  expect(clean).toMatchObject({
    status: 200,
    body: { saleId, redis: 'compared', found: [], repaired: [], open: [] },
  });
  const postgres = new pg.Client(house.databaseUrl);
  await postgres.connect();
  onTestFinished(() => postgres.end());
  await postgres.query('UPDATE sale_items SET committed = 0 WHERE sale_id = $1', [saleId]);
  const mended = await house.operate('POST', `${root}/${saleId}/reconciliations`);
  expect(mended.body.repaired).toMatchObject([
    { kind: 'guardMismatch', subject: 'ps5', done: 'the guard counts 1, it counted 0' },
  ]);
  await postgres.query("UPDATE orders SET currency = 'EUR' WHERE sale_id = $1", [saleId]);
  await house.operate('POST', `${root}/${saleId}/reconciliations`);
  const orderId = body.checkoutId.replace('chk_', 'ord_');
  expect((await house.operate('GET', `${root}/${saleId}/discrepancies`)).body).toMatchObject({
    saleId,
    open: [{ kind: 'amountMismatch', subject: orderId, triedAt: null, evidence: { order: { orderId } } }],
    repairs: [{ kind: 'guardMismatch', subject: 'ps5' }],
  });
  // As everywhere: ISO 8601 in UTC with milliseconds, whatever the stores have.
  const [{ evidence }] = (await house.operate('GET', `${root}/${saleId}/discrepancies`)).body.open;
  const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(evidence).toMatchObject({
    order: { createdAt: timestamp },
    history: [{ at: timestamp }, { at: timestamp }],
    payments: [{ createdAt: timestamp, settledAt: timestamp }],
    ledger: [{ postedAt: timestamp }],
    redis: { deadline: timestamp },
  });
  for (const { at } of evidence.payments[0].steps) expect(at).toEqual(timestamp);
  for (const { at, deadline } of evidence.journal) expect([at, deadline]).toEqual([timestamp, timestamp]);
  expect(evidence.redis).not.toHaveProperty('deadlineMs');
  const metrics = (await house.operate('GET', '/metrics')).body;
  expect(metrics).toContain(`doorbuster_discrepancies{sale="${saleId}",kind="amountMismatch"} 1`);
  expect(metrics).toContain(`doorbuster_repairs_total{sale="${saleId}",kind="guardMismatch"} 1`);
  expect(metrics).toContain(`doorbuster_relay_lag_entries{sale="${saleId}"}`);
  expect(metrics).toContain('doorbuster_postgres_up 1');
});

test('a sale that there is not has no discrepancies', async () => {
  for (const [method, path] of [
    ['POST', 'reconciliations'],
    ['GET', 'discrepancies'],
  ] as const) {
    expect(await house.operate(method, `${root}/none/${path}`)).toMatchObject({
      status: 404,
      body: { code: 'sale_not_found' },
    });
    expect((await house.operate(method, `${root}/none/${path}`, { as: 'ana', role: 'buyer' })).status).toBe(
      403,
    );
  }
});
