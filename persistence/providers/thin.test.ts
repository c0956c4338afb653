import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { ChargeRequest } from '../../engine/contracts/ports.ts';
import { createPaymentProvider } from './create.ts';
import { providerConnection } from './provider-connection.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

type Answer = (exchange: { request: IncomingMessage; body: string; response: ServerResponse }) => void;

/** A provider on a real socket that does as it is told; the URL to reach it at. */
async function provider(answer: Answer): Promise<string> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => answer({ request, body, response }));
  });
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const json = (response: ServerResponse, status: number, body: object, headers = {}) =>
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body));

const request: ChargeRequest = {
  paymentId: 'pay_1',
  amount: { amount: 49_900, currency: 'USD' },
  paymentToken: 'tok_visa',
  reference: 'AAAA-BBBB-CCCC',
  keyOverAtMs: null,
  answerByMs: Number.POSITIVE_INFINITY,
};

test('a charge is one form under its own key', async () => {
  let seen: { method?: string; url?: string; key?: unknown; body: string } = { body: '' };
  const url = await provider(({ request: { method, url, headers }, body, response }) => {
    seen = { ...(method && { method }), ...(url && { url }), key: headers['idempotency-key'], body };
    json(response, 200, { id: 'pi_1', status: 'succeeded' });
  });
  expect(await createPaymentProvider('primary', url).charge(request)).toEqual({
    kind: 'captured',
    providerReference: 'pi_1',
  });
  expect(seen).toMatchObject({ method: 'POST', url: '/v1/payment_intents', key: 'pay_1' });
  expect(Object.fromEntries(new URLSearchParams(seen.body))).toEqual({
    amount: '49900',
    currency: 'usd',
    payment_method: 'tok_visa',
    confirm: 'true',
    'metadata[reference]': 'AAAA-BBBB-CCCC',
    'metadata[payment_id]': 'pay_1',
  });
});

test.each<[string, Answer, object]>([
  [
    'a declined card',
    ({ response }) =>
      json(response, 402, {
        error: { code: 'card_declined', decline_code: 'insufficient_funds', payment_intent: { id: 'pi_2' } },
      }),
    { kind: 'declined', declineCode: 'insufficient_funds', providerReference: 'pi_2' },
  ],
  [
    'a card that asks for its owner in a way that no page shows',
    ({ response }) => json(response, 200, { id: 'pi_3', status: 'requires_action' }),
    { kind: 'declined', declineCode: 'authentication_required', providerReference: 'pi_3' },
  ],
  [
    'a card that nobody knows',
    ({ response }) =>
      json(response, 400, { error: { type: 'invalid_request_error', code: 'resource_missing' } }),
    { kind: 'declined', declineCode: 'resource_missing', providerReference: null },
  ],
  [
    'a failure inside the provider',
    ({ response }) => json(response, 500, { error: { type: 'api_error' } }),
    { kind: 'unknown', reason: 'the provider answered 500' },
  ],
  [
    'an answer that is no JSON',
    ({ response }) => response.writeHead(200).end('<html>'),
    { kind: 'unknown', reason: 'the provider answered 200' },
  ],
  ['a connection that drops', ({ response }) => response.destroy(), { kind: 'unknown' }],
  [
    'an answer that is cut off',
    ({ response }) => {
      response.writeHead(200, { 'Content-Length': 100 });
      response.write('{"id":');
      setTimeout(() => response.destroy(), 10);
    },
    { kind: 'unknown' },
  ],
  [
    'an answer that is longer than any about a payment',
    ({ response }) => response.writeHead(200).end(JSON.stringify({ id: 'x'.repeat(2_000_000) })),
    { kind: 'unknown', reason: expect.stringMatching(/max size/i) },
  ],
  ['a provider that is too busy', ({ response }) => json(response, 429, {}), { kind: 'unavailable' }],
])('%s', async (_, answer, outcome) => {
  const client = createPaymentProvider('primary', await provider(answer), { timeoutMs: 30_000 });
  expect(await client.charge(request)).toMatchObject(outcome);
});

test.each<[string, Answer]>([
  ['an answer that never comes', () => {}],
  [
    'an answer that comes byte by byte, and never ends in time',
    ({ response }) => {
      response.writeHead(200, { 'Content-Length': 10_000 });
      const dripping = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(dripping));
    },
  ],
])('%s', async (_, answer) => {
  const client = createPaymentProvider('primary', await provider(answer), { timeoutMs: 200 });
  expect(await client.charge(request)).toEqual({
    kind: 'unknown',
    reason: 'the provider did not answer in time',
  });
});

test('nobody there is certain not to have charged, and is not asked for a while', async () => {
  const url = await provider(() => {});
  servers.pop()?.close();
  const client = createPaymentProvider('primary', url);
  const outcomes = await Promise.all(Array.from({ length: 40 }, () => client.charge(request)));
  expect(new Set(outcomes.map((outcome) => outcome.kind))).toEqual(new Set(['unavailable']));
  expect(await client.charge(request)).toMatchObject({ kind: 'unavailable', reason: /breaker|circuit/i });
});

test.each([
  ['holds no intent', [], { kind: 'declined', declineCode: 'provider_error' }],
  [
    'holds one that was captured',
    [{ id: 'pi_4', status: 'succeeded' }],
    { kind: 'captured', providerReference: 'pi_4' },
  ],
])('a failure that is repeated for its key is over; the provider %s', async (_, intents, outcome) => {
  const url = await provider(({ request: { method, url }, response }) => {
    if (method === 'POST') json(response, 500, {}, { 'Idempotent-Replayed': 'true' });
    else if (url?.startsWith('/v1/payment_intents/search?')) json(response, 200, { data: intents });
    else if (url === '/v1/payment_intents/pi_4') json(response, 200, intents[0] ?? {});
    else response.writeHead(404).end();
  });
  expect(await createPaymentProvider('primary', url).charge(request)).toMatchObject(outcome);
});

test('no more than the limit is on its way at once', async () => {
  let now = 0;
  let most = 0;
  const url = await provider(({ response }) => {
    now += 1;
    most = Math.max(most, now);
    setTimeout(() => {
      now -= 1;
      json(response, 200, { id: 'pi', status: 'succeeded' });
    }, 5);
  });
  const client = createPaymentProvider('primary', url, { atOnceMax: 8 });
  const outcomes = await Promise.all(Array.from({ length: 60 }, () => client.charge(request)));
  expect(outcomes.every((outcome) => outcome.kind === 'captured')).toBe(true);
  expect(most).toBe(8);
});

test('a charge or capture that might not be answered in time is not sent, and its provider is not away for that', async () => {
  const seen: unknown[] = [];
  let answerFirst = () => {};
  const url = await provider(({ request: { headers }, response }) => {
    const answer = () => json(response, 200, { id: 'pi', status: 'succeeded' });
    if (seen.push(headers['idempotency-key']) > 1) answer();
    else answerFirst = answer;
  });
  const client = createPaymentProvider('primary', url, { atOnceMax: 1, timeoutMs: 30_000 });
  const first = client.charge({ ...request, paymentId: 'pay_first' });
  const turnByMs = performance.now() + 50;
  const answerByMs = turnByMs + 30_000;
  const late = Array.from({ length: 40 }, () => client.charge({ ...request, answerByMs }));
  const capture = client.capture({ ...request, providerReference: 'pi', answerByMs });
  await expect.poll(() => seen.length > 0 && performance.now() > turnByMs).toBe(true);
  answerFirst();
  expect(await first).toMatchObject({ kind: 'captured' });
  for (const outcome of await Promise.all([...late, capture])) {
    expect(outcome).toEqual({ kind: 'unavailable', reason: 'its turn came too late' });
  }
  expect(seen).toEqual(['pay_first']);
  expect(client.isAway()).toBe(false);
});

test('what could not be sent in time is not sent later', async () => {
  const keys: unknown[] = [];
  const url = await provider(({ request: { headers }, response }) => {
    keys.push(headers['idempotency-key']);
    if (keys.length > 1) json(response, 200, { id: 'pi', status: 'succeeded' });
  });
  const ask = providerConnection(url, { atOnceMax: 1, timeoutMs: 200 });
  const charge = (key: string) =>
    ask({ method: 'POST', path: '/', headers: { 'Idempotency-Key': key }, form: new URLSearchParams({}) });
  // The first one is never answered, and the second one waits for its connection.
  const outcomes = await Promise.allSettled([charge('first'), charge('second')]);
  expect(outcomes).toMatchObject(Array(2).fill({ status: 'rejected', reason: { name: 'ProviderLate' } }));
  expect(await charge('third')).toMatchObject({ status: 200 });
  expect(keys).toEqual(['first', 'third']);
});
