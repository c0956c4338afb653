import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Stripe from 'stripe';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Conditions, calm, Weather } from './conditions.ts';
import { eventOf } from './event.ts';
import { type ProviderServer, startProvider } from './server.ts';
import type { Tally } from './tally.ts';
import { WebhookSender } from './webhook-sender.ts';

const secret = 'whsec_of_the_tests_of_the_simulator';
let provider: ProviderServer | null = null;
let received: { body: string; signature: string }[] = [];
/** What the next webhooks are answered with; 200 when it is empty. */
let statuses: number[] = [];
const endpoint = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const status = statuses.shift() ?? 200;
    const body = Buffer.concat(chunks).toString();
    if (status === 200) received.push({ body, signature: String(request.headers['stripe-signature']) });
    response.writeHead(status).end();
  });
});

beforeEach(async () => {
  received = [];
  statuses = [];
  await new Promise<void>((done) => endpoint.listen(0, '127.0.0.1', done));
});
afterEach(() => {
  provider?.close();
  provider = null;
  endpoint.closeAllConnections();
  endpoint.close();
});

async function start(conditions: Partial<Conditions> = {}): Promise<string> {
  const { port } = endpoint.address() as AddressInfo;
  provider = await startProvider('127.0.0.1', 0, conditions, { url: `http://127.0.0.1:${port}/`, secret });
  return `http://127.0.0.1:${provider.port}`;
}
const charge = async (origin: string, key: string, card = 'tok_visa') => {
  const response = await fetch(`${origin}/v1/payment_intents`, {
    method: 'POST',
    headers: { 'Idempotency-Key': key },
    body: new URLSearchParams({
      amount: '100',
      currency: 'usd',
      payment_method: card,
      confirm: 'true',
      'metadata[payment_id]': key,
    }),
  });
  return (await response.json()) as { id: string };
};
const eventsOf = () => received.map(({ body }) => JSON.parse(body) as Stripe.Event);
const webhooksOf = async (origin: string) =>
  ((await (await fetch(`${origin}/control/charges`)).json()) as Tally).webhooks;
const settled = (origin: string) =>
  vi.waitFor(async () => expect(await webhooksOf(origin)).toMatchObject({ pending: 0 }), {
    timeout: 60_000,
    interval: 20,
  });

it("signs what happened as Stripe does: the official SDK's verifier takes it", async () => {
  const origin = await start();
  const intent = await charge(origin, 'pay_1');
  await charge(origin, 'pay_2', 'tok_declined');
  await fetch(`${origin}/v1/refunds`, {
    method: 'POST',
    body: new URLSearchParams({ payment_intent: intent.id, 'metadata[refund_id]': 'rfd_1' }),
  });
  await settled(origin);
  const events = received.map(({ body, signature }) =>
    Stripe.webhooks.constructEvent(body, signature, secret),
  );
  expect(events.map(({ type }) => type).toSorted()).toEqual([
    'payment_intent.created',
    'payment_intent.created',
    'payment_intent.payment_failed',
    'payment_intent.succeeded',
    'refund.created',
  ]);
  expect(new Set(events.map(({ id }) => id)).size).toBe(5);
  expect(events.find(({ type }) => type === 'payment_intent.succeeded')?.data.object).toMatchObject({
    id: intent.id,
    status: 'succeeded',
    metadata: { payment_id: 'pay_1' },
  });
  expect(events.find(({ type }) => type === 'refund.created')?.data.object).toMatchObject({
    payment_intent: intent.id,
    metadata: { refund_id: 'rfd_1' },
  });
});

it('sends some twice, with the same id', async () => {
  const origin = await start({ webhookDuplicateShare: 1 });
  await charge(origin, 'pay_1');
  await settled(origin);
  const ids = eventsOf().map(({ id }) => id);
  expect(ids).toHaveLength(4);
  expect(new Set(ids).size).toBe(2);
});

it('lets later ones overtake', async () => {
  const origin = await start({ webhookReorderShare: 0.5, seed: 3 });
  for (let n = 0; n < 30; n++) await charge(origin, `pay_${n}`);
  await settled(origin);
  const places = new Map(
    eventsOf().map(({ type, data }, at) => [
      `${(data.object as Stripe.PaymentIntent).metadata.payment_id} ${type}`,
      at,
    ]),
  );
  const overtaken = Array.from({ length: 30 }, (_, n) => `pay_${n}`).filter(
    (id) =>
      (places.get(`${id} payment_intent.succeeded`) ?? 0) < (places.get(`${id} payment_intent.created`) ?? 0),
  );
  expect(places.size).toBe(60);
  expect(overtaken.length).toBeGreaterThan(0);
});

it('comes late, and again where it was not taken', async () => {
  const origin = await start({ webhookLateShare: 1, webhookLateMs: 100 });
  statuses = [500, 503];
  await charge(origin, 'pay_1');
  await settled(origin);
  expect(eventsOf()).toHaveLength(2);
  expect(await webhooksOf(origin)).toMatchObject({ events: 2, late: 2, refused: 2, delivered: 2, lost: 0 });
});

it('tells nobody while it is away, and everything afterwards', async () => {
  const { port } = endpoint.address() as AddressInfo;
  const weather = new Weather({ ...calm, outage: true });
  const sender = new WebhookSender(weather, { url: `http://127.0.0.1:${port}/`, secret });
  sender.tell(() => eventOf('payment_intent.created', {}));
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(received).toEqual([]);
  weather.change({ outage: false });
  await vi.waitFor(() => expect(received).toHaveLength(1), { timeout: 60_000 });
  weather.change({ webhooks: false });
  sender.tell(() => eventOf('payment_intent.created', {}));
  expect(sender.tally()).toMatchObject({ events: 1 });
  sender.close();
});
