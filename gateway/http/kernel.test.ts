import { createSigner } from 'fast-jwt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, raw } from '../fixtures/http-client.ts';
import { secret, startKernel, tokenFor } from '../fixtures/kernel.ts';
import { TrustedProxies } from '../guard/address.ts';
import { Limits } from '../guard/limits.ts';

const good = JSON.stringify({ sku: 'ps5', quantity: 1 });
const json = { 'content-type': 'application/json' };
let gateway: Awaited<ReturnType<typeof startKernel>>;
let port: number;

beforeAll(async () => {
  gateway = await startKernel();
  port = gateway.port;
});
afterAll(() => gateway.close());

test('a good request is answered, with the id that it brought', async () => {
  const answer = await ask(port, 'POST', '/orders/a%20b', {
    body: good,
    headers: { ...json, 'x-request-id': 'abc-1' },
  });
  expect(answer.status).toBe(201);
  expect(answer.body).toEqual({ id: 'a b', quantity: 1 });
  expect(answer.headers).toMatchObject({
    'content-type': 'application/json',
    'x-request-id': 'abc-1',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
  const own = await ask(port, 'POST', '/orders/1', { body: good, headers: { 'x-request-id': 'two words' } });
  expect(own.status).toBe(201);
  expect(own.headers['x-request-id']).toMatch(/^req_[0-9a-f]{32}$/);
});

test('no origin is let in', async () => {
  const headers = { origin: 'https://elsewhere.example', 'access-control-request-method': 'POST' };
  const preflight = await ask(port, 'OPTIONS', '/orders/1', { headers });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.allow).toBe('POST, OPTIONS');
  expect(Object.keys(preflight.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
});

test('HEAD is GET without the body', async () => {
  const [get, head] = await Promise.all([ask(port, 'GET', '/cached'), ask(port, 'HEAD', '/cached')]);
  expect(head.text).toBe('');
  expect(head.headers['content-length']).toBe(String(get.text.length));
  expect(head.headers.etag).toBe(get.headers.etag);
});

test('a cached answer is not sent twice', async () => {
  const first = await ask(port, 'GET', '/cached');
  expect(first.headers['cache-control']).toBe('public, max-age=1');
  const headers = { 'if-none-match': `"other", W/${first.headers.etag}` };
  const again = await ask(port, 'GET', '/cached', { headers });
  expect(again).toMatchObject({ status: 304, text: '' });
  expect(again.headers.etag).toBe(first.headers.etag);
  expect(again.headers['content-type']).toBeUndefined();
});

test('who is let in where', async () => {
  const as = (path: string, token?: string) =>
    ask(port, 'GET', path, { headers: token ? { authorization: `Bearer ${token}` } : {} });
  const anonymous = await as('/mine');
  expect(anonymous).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
  expect(anonymous.headers['www-authenticate']).toBe('Bearer realm="doorbuster"');
  const forged = await as('/mine', `${tokenFor('ana')}x`);
  expect(forged.status).toBe(401);
  expect(forged.headers['www-authenticate']).toContain('error="invalid_token"');
  const expired = await as('/mine', createSigner({ key: secret, clockTimestamp: 1 })({ sub: 'ana', exp: 2 }));
  expect(expired).toMatchObject({ status: 401, body: { code: 'token_expired' } });
  expect(await as('/admin', tokenFor('ana'))).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  expect((await as('/admin', tokenFor('root', 'admin'))).status).toBe(204);
});

test('an idempotency key is asked for, and looked at', async () => {
  const pay = (headers: Record<string, string>) =>
    ask(port, 'POST', '/pay', { headers: { authorization: `Bearer ${tokenFor('ana')}`, ...headers } });
  expect(await pay({})).toMatchObject({ status: 400, body: { code: 'idempotency_key_required' } });
  for (const malformed of ['k'.repeat(256), 'k\u00e9k', '\u00e9', '', '   ', '\t']) {
    expect(await pay({ 'idempotency-key': malformed }), JSON.stringify(malformed)).toMatchObject({
      status: 422,
      body: { code: 'invalid_request', field: 'Idempotency-Key' },
    });
  }
  const answer = await pay({ 'idempotency-key': 'k 1', prefer: 'respond-async, wait=99' });
  expect(answer).toMatchObject({ status: 202, body: { idempotencyKey: 'k 1', waitSeconds: 30 } });
});

test('a refusal is a value, with its members and when to come back', async () => {
  const answer = await ask(port, 'GET', '/no');
  expect(answer).toMatchObject({ status: 409, body: { code: 'not_your_turn', ahead: 7, retryable: true } });
  expect(answer.headers['retry-after']).toBe('3');
});

test('a client is counted by what its proxy says, also in a line of its own', async () => {
  const limited = await startKernel({
    limits: new Limits(
      { RATE_BUYER_PER_SECOND: 1, RATE_BUYER_BURST: 9, RATE_ADDRESS_PER_SECOND: 1, RATE_ADDRESS_BURST: 1 },
      { isLoopbackExempt: false },
    ),
    proxies: new TrustedProxies('127.0.0.1'),
  });
  const statusOf = async (...lines: string[]) => {
    const forwarded = lines.map((line) => `X-Forwarded-For: ${line}\r\n`).join('');
    const head = `GET /no HTTP/1.1\r\nHost: localhost\r\n${forwarded}\r\n`;
    return Number((await raw(limited.port, head, /^HTTP\/1.1 \d+/)).slice(9, 12));
  };
  try {
    expect(await statusOf('198.51.100.1')).toBe(409);
    expect(await statusOf('198.51.100.1')).toBe(429);
    // What the client itself wrote stands before the line of the proxy.
    expect(await statusOf('6.6.6.6', '198.51.100.1')).toBe(429);
    expect(await statusOf('198.51.100.1', '198.51.100.2')).toBe(409);
  } finally {
    limited.close();
  }
});

test('a spent limit is said with its headers', async () => {
  const limits = new Limits(
    { RATE_BUYER_PER_SECOND: 1, RATE_BUYER_BURST: 2, RATE_ADDRESS_PER_SECOND: 10, RATE_ADDRESS_BURST: 10 },
    { isLoopbackExempt: false },
  );
  const limited = await startKernel({ limits });
  try {
    const headers = { authorization: `Bearer ${tokenFor('ana')}` };
    const first = await ask(limited.port, 'GET', '/mine', { headers });
    expect(first.headers['ratelimit-policy']).toBe('"address";q=10;w=1, "buyer";q=2;w=2');
    expect(first.headers.ratelimit).toMatch(/^"address";r=9;t=1, "buyer";r=1;t=1$/);
    await ask(limited.port, 'GET', '/mine', { headers });
    const refused = await ask(limited.port, 'GET', '/mine', { headers });
    expect(refused).toMatchObject({ status: 429, body: { code: 'rate_limited', retryable: true } });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(refused.headers.ratelimit).toContain('"buyer";r=0');
  } finally {
    limited.close();
  }
});
