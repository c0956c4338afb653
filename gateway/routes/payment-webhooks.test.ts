import { createHmac, randomBytes } from 'node:crypto';
import pg from 'pg';
import Stripe from 'stripe';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type House, openHouse, webhookSecret } from '../fixtures/house.ts';
import { ask } from '../fixtures/http-client.ts';

let house: House;
let database: pg.Client;
beforeAll(async () => {
  house = await openHouse({
    RATE_ADDRESS_PER_SECOND: '1',
    RATE_ADDRESS_BURST: '1',
    RATE_EXEMPT_LOOPBACK: 'off',
  });
  database = new pg.Client(house.databaseUrl);
  await database.connect();
});
afterAll(async () => {
  await database.end();
  await house.close();
});

const path = '/api/v1/webhooks/payments/primary';
const newEvent = (changes: object = {}) => ({
  id: `evt_${randomBytes(8).toString('hex')}`,
  object: 'event',
  type: 'payment_intent.succeeded',
  data: { object: { metadata: { payment_id: 'pay_unheard0of' } } },
  ...changes,
});
const signed = (payload: string, changes: { secret?: string; timestamp?: number } = {}) =>
  Stripe.webhooks.generateTestHeaderString({ payload, secret: webhookSecret, ...changes });
const post = (body: string, signature?: string, to = path) =>
  ask(house.port, 'POST', to, {
    headers: {
      'content-type': 'application/json; charset=utf-8',
      ...(signature === undefined ? {} : { 'stripe-signature': signature }),
    },
    body,
  });
const stored = async (id: string) =>
  (
    await database.query<{ type: string; payment_id: string; refund_id: string }>(
      'SELECT type, payment_id, refund_id FROM provider_events WHERE provider = $1 AND event_id = $2',
      ['primary', id],
    )
  ).rows;

test('an event that is signed is durable when it is answered, once however often it comes', async () => {
  const event = newEvent({
    type: 'refund.created',
    data: { object: { metadata: { payment_id: 'pay_a1', refund_id: 'rfd_b2' } } },
  });
  const body = JSON.stringify(event);
  const answers = await Promise.all(Array.from({ length: 20 }, () => post(body, signed(body))));
  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
  expect(answers[0]?.body).toEqual({ received: true });
  expect(await stored(event.id)).toEqual([
    { type: 'refund.created', payment_id: 'pay_a1', refund_id: 'rfd_b2' },
  ]);
});

test('nothing is answered before it is durable', async () => {
  const body = JSON.stringify(newEvent());
  await database.query('BEGIN; LOCK TABLE provider_events IN ACCESS EXCLUSIVE MODE');
  let isAnswered = false;
  const answer = post(body, signed(body)).finally(() => {
    isAnswered = true;
  });
  try {
    // Other requests are answered meanwhile.
    for (let n = 0; n < 20; n++) await ask(house.port, 'GET', '/healthz');
    expect(isAnswered).toBe(false);
  } finally {
    await database.query('ROLLBACK');
  }
  expect((await answer).status).toBe(200);
});

test('the very bytes are what is signed', async () => {
  const event = newEvent();
  const spaced = `${JSON.stringify(event, null, 3)}\n\u00e9\u2028`.trimEnd();
  const respelt = JSON.stringify(event);
  expect(await post(respelt, signed(spaced))).toMatchObject({ status: 400 });
  const odd = `{ "id" : "${event.id}",  "type":"x.\u00e9\ud83d\udcb3", "data":{"object":{"a":1}}}\n`;
  expect(await post(odd, signed(odd))).toMatchObject({ status: 200 });
  expect(await stored(event.id)).toMatchObject([{ type: 'x.\u00e9\ud83d\udcb3', payment_id: null }]);
});

test.each<[string, (body: string) => string | undefined]>([
  ['none', () => undefined],
  ['an empty one', () => ''],
  ['what is no signature', () => 'nonsense'],
  ["another one's", (body) => signed(body, { secret: 'whsec_of somebody else' })],
  ['an old one', (body) => signed(body, { timestamp: Math.floor(Date.now() / 1000) - 301 })],
  ['one of the future', (body) => signed(body, { timestamp: Math.floor(Date.now() / 1000) + 360 })],
  [
    'one of no time',
    (body) => `t=soon,v1=${createHmac('sha256', webhookSecret).update(`NaN.${body}`).digest('hex')}`,
  ],
  ["another body's", () => signed(JSON.stringify(newEvent()))],
  ['one of another scheme', (body) => signed(body).replace('v1=', 'v0=')],
  [
    'one with another time',
    (body) => signed(body).replace(/t=\d+/, `t=${Math.floor(Date.now() / 1000) - 1}`),
  ],
])('refuses %s as the signature, and keeps nothing', async (_, signatureOf) => {
  const event = newEvent();
  const body = JSON.stringify(event);
  expect(await post(body, signatureOf(body))).toMatchObject({
    status: 400,
    body: { code: 'webhook_signature_invalid', retryable: false },
  });
  expect(await stored(event.id)).toEqual([]);
});

test('a provider whose clock is a little fast is listened to', async () => {
  const body = JSON.stringify(newEvent());
  const timestamp = Math.floor(Date.now() / 1000) + 240;
  expect(await post(body, signed(body, { timestamp }))).toMatchObject({ status: 200 });
});

test.each([
  ['{"id":', 400, undefined],
  ['[]', 422, undefined],
  ['{"a":1}', 422, 'id'],
  ['{"object":"v2.core.event","id":"evt_1","type":"v1.billing.meter.no_meter_found"}', 422, 'data'],
  ['{"id":"evt_1","type":17,"data":{"object":{}}}', 422, 'type'],
  ['{"id":"evt_1","type":"x","data":{}}', 422, 'data.object'],
  [`{"id":"${'e'.repeat(300)}","type":"x","data":{"object":{}}}`, 422, 'id'],
])('refuses %s, however well it is signed, and says where it is wrong', async (body, status, field) => {
  const answer = await post(body, signed(body));
  expect(answer).toMatchObject({
    status,
    body: {
      code: 'invalid_request',
      detail: status === 400 ? 'The body is not JSON.' : expect.stringContaining('The body is no event'),
    },
  });
  expect(answer.body.field).toBe(field);
});

test.each([
  [{ object: 'payment_intent', id: 'pi_1' }, 'pi_1'],
  [{ object: 'charge', id: 'ch_1', payment_intent: 'pi_1' }, 'pi_1'],
  [{ object: 'refund', id: 're_1', payment_intent: null }, null],
  [{ object: 'payment_intent', id: 'pi_\u0000' }, null],
  [{ object: 'payment_intent', id: 17 }, null],
])('what a provider calls the payment is kept with its event: %j', async (told, reference) => {
  const event = newEvent({ data: { object: { ...told, metadata: { payment_id: 'pay_a1' } } } });
  const body = JSON.stringify(event);
  expect((await post(body, signed(body))).status).toBe(200);
  const { rows } = await database.query(
    'SELECT provider_reference FROM provider_events WHERE event_id = $1',
    [event.id],
  );
  expect(rows).toEqual([{ provider_reference: reference }]);
});

test('ids that are none of ours name nothing', async () => {
  const metadata = { payment_id: "pay_'; DROP TABLE payments", refund_id: 17 };
  const event = newEvent({ data: { object: { metadata } } });
  const body = JSON.stringify(event);
  expect((await post(body, signed(body))).status).toBe(200);
  expect(await stored(event.id)).toMatchObject([{ payment_id: null, refund_id: null }]);
});

test('an event about something without metadata of its own names nothing', async () => {
  const event = newEvent({ type: 'payout.paid', data: { object: { object: 'payout', metadata: null } } });
  const body = JSON.stringify(event);
  expect(await post(body, signed(body))).toMatchObject({ status: 200 });
  expect(await stored(event.id)).toMatchObject([{ payment_id: null, refund_id: null }]);
});

test('a provider that nobody knows, or that has no secret, is not listened to', async () => {
  const body = JSON.stringify(newEvent());
  for (const name of ['second', 'stripe', '__proto__', 'constructor', 'Primary']) {
    expect(await post(body, signed(body), `/api/v1/webhooks/payments/${name}`)).toMatchObject({
      status: 404,
      body: { code: 'provider_not_found' },
    });
  }
});

test('the limit of an address does not hold a provider back', async () => {
  const bodies = Array.from({ length: 50 }, () => JSON.stringify(newEvent()));
  const answers = await Promise.all(bodies.map((body) => post(body, signed(body))));
  expect(answers.every(({ status }) => status === 200)).toBe(true);
});

test('what it refuses with is documented', async () => {
  const operation = ((await ask(house.port, 'GET', '/openapi.json')).body as OpenApi).paths[
    '/api/v1/webhooks/payments/{provider}'
  ]?.post;
  expect(operation?.responses[400]?.description).toContain('`webhook_signature_invalid`');
  expect(operation?.responses[404]?.description).toContain('`provider_not_found`');
});

interface OpenApi {
  paths: Record<string, { post?: { responses: Record<number, { description: string }> } }>;
}
