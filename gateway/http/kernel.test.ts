import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { createSigner } from 'fast-jwt';
import Type from 'typebox';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refuse } from '../../engine/contracts/errors.ts';
import { TrustedProxies } from '../guard/address.ts';
import { authenticateWithSecret } from '../guard/authentication.ts';
import { Limits } from '../guard/limits.ts';
import { HttpKernel } from './kernel.ts';
import { listen } from './listen.ts';
import { route } from './route.ts';
import { type us_listen_socket, uws } from './uws.ts';

const secret = 'a secret of at least thirty-two characters';
const tokenFor = (sub: string, role = 'buyer') =>
  createSigner({ key: secret, expiresIn: 60_000 })({ sub, role });
const logged: { details: { err?: Error; requestId?: string }; message: string }[] = [];
const effects: string[] = [];

const Order = Type.Object(
  { sku: Type.String(), quantity: Type.Integer({ minimum: 1, maximum: 1_000_000 }) },
  { additionalProperties: false },
);
const row = { tag: 'test', summary: 'test', replies: {} } as const;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const routes = [
  route({
    ...row,
    method: 'POST',
    path: '/orders/{id}',
    access: 'public',
    body: Order,
    answer: ({ body, params }) => {
      effects.push(params.id ?? '');
      return { status: 201, body: { id: params.id, quantity: body.quantity } };
    },
  }),
  route({
    ...row,
    method: 'POST',
    path: '/optional',
    access: 'public',
    body: Type.Object({ note: Type.Optional(Type.String()) }, { additionalProperties: false }),
    answer: ({ body }) => ({ status: 200, body }),
  }),
  route({
    ...row,
    method: 'GET',
    path: '/mine',
    access: 'buyer',
    query: Type.Object({ limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })) }),
    answer: ({ buyerId, query }) => ({ status: 200, body: { buyerId, limit: query.limit ?? null } }),
  }),
  route({ ...row, method: 'GET', path: '/admin', access: 'admin', answer: () => ({ status: 204 }) }),
  route({
    ...row,
    method: 'POST',
    path: '/pay',
    access: 'buyer',
    asks: ['idempotency-key', 'prefer'],
    answer: ({ idempotencyKey, waitSeconds }) => ({ status: 202, body: { idempotencyKey, waitSeconds } }),
  }),
  route({
    ...row,
    method: 'GET',
    path: '/cached',
    access: 'public',
    cacheSeconds: 1,
    answer: () => ({ status: 200, body: { same: true } }),
  }),
  route({
    ...row,
    method: 'GET',
    path: '/slow',
    access: 'public',
    answer: async () => {
      await sleep(300);
      effects.push('slow');
      return { status: 200, body: {} };
    },
  }),
  route({
    ...row,
    method: 'GET',
    path: '/never',
    access: 'public',
    answer: () => new Promise(() => {}),
  }),
  route({
    ...row,
    method: 'GET',
    path: '/bug',
    access: 'public',
    answer: () => {
      throw new Error('secret detail of a bug');
    },
  }),
  route({
    ...row,
    method: 'GET',
    path: '/away',
    access: 'public',
    answer: async () => {
      throw Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    },
  }),
  route({
    ...row,
    method: 'GET',
    path: '/no',
    access: 'public',
    answer: () => refuse('not_your_turn', { retryAfterSeconds: 3, members: { ahead: 7 } }),
  }),
];

interface Gateway {
  port: number;
  kernel: HttpKernel;
  close(): void;
}

async function start(
  options: { limits?: Limits; receiveMs?: number; operationMs?: number } = {},
): Promise<Gateway> {
  const app = uws.App();
  const kernel = new HttpKernel({
    authenticate: authenticateWithSecret(secret),
    limits: options.limits ?? null,
    proxies: new TrustedProxies(''),
    log: { error: (details, message) => logged.push({ details, message }) },
    ...options,
    ...(options.limits ? {} : { limits: null }),
  });
  kernel.mount(app, routes);
  const socket = (await listen(app, '127.0.0.1', 0, { isShared: false })) as us_listen_socket;
  return {
    port: uws.us_socket_local_port(socket as unknown as Parameters<typeof uws.us_socket_local_port>[0]),
    kernel,
    close: () => {
      kernel.close();
      app.close();
    },
  };
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  json: Record<string, unknown>;
}

function ask(
  port: number,
  method: string,
  path: string,
  options: { body?: string | Buffer; headers?: Record<string, string> } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { port, method, path, host: '127.0.0.1', headers: options.headers ?? {} },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => {
          const isJson = response.headers['content-type']?.includes('json') ?? false;
          const json = isJson && text !== '' ? JSON.parse(text) : {};
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json });
        });
      },
    );
    request.on('error', reject);
    request.end(options.body);
  });
}

/** Writes the chunks as they are and returns what came back within the time. */
function raw(port: number, chunks: readonly string[], forMs = 300): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      text += '[closed]';
    });
    for (const chunk of chunks) socket.write(chunk);
    setTimeout(() => {
      socket.destroy();
      resolve(text);
    }, forMs);
  });
}

const good = JSON.stringify({ sku: 'ps5', quantity: 1 });
const json = { 'content-type': 'application/json' };
let gateway: Gateway;
let port: number;

beforeAll(async () => {
  gateway = await start();
  port = gateway.port;
});
afterAll(() => gateway.close());

test('a good request is answered, with the id that it brought', async () => {
  const answer = await ask(port, 'POST', '/orders/a%20b', {
    body: good,
    headers: { ...json, 'x-request-id': 'abc-1' },
  });
  expect(answer.status).toBe(201);
  expect(answer.json).toEqual({ id: 'a b', quantity: 1 });
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

describe('a bad request', () => {
  test.each([
    ['malformed JSON', '{"sku":', 400, 'invalid_request', undefined],
    ['an empty body', '', 400, 'invalid_request', undefined],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x7b]), 400, 'invalid_request', undefined],
    ['an unknown field', '{"sku":"ps5","quantity":1,"colour":"red"}', 422, 'invalid_request', 'colour'],
    ['a missing field', '{"sku":"ps5"}', 422, 'invalid_request', 'quantity'],
    ['a wrong type', '{"sku":5,"quantity":1}', 422, 'invalid_request', 'sku'],
    ['quantity 0', '{"sku":"ps5","quantity":0}', 422, 'invalid_request', 'quantity'],
    ['a negative quantity', '{"sku":"ps5","quantity":-1}', 422, 'invalid_request', 'quantity'],
    ['quantity 10^18', '{"sku":"ps5","quantity":1000000000000000000}', 422, 'invalid_request', 'quantity'],
    ['quantity 1.5', '{"sku":"ps5","quantity":1.5}', 422, 'invalid_request', 'quantity'],
    [
      'deep nesting',
      `{"sku":${'['.repeat(20_000)}${']'.repeat(20_000)},"quantity":1}`,
      422,
      'invalid_request',
      'sku',
    ],
    ['a body of 1 MB', 'x'.repeat(1_000_000), 413, 'payload_too_large', undefined],
  ])('%s', async (_, body, status, code, field) => {
    effects.length = 0;
    const answer = await ask(port, 'POST', '/orders/1', { body, headers: json });
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.json).toMatchObject({
      type: `urn:doorbuster:error:${code}`,
      status,
      code,
      retryable: false,
    });
    expect(answer.json.field).toBe(field);
    expect(answer.json.requestId).toBe(answer.headers['x-request-id']);
    expect(String(answer.json.detail)).toMatch(/\.$/);
    expect(effects).toEqual([]);
  });

  test('a body of 1 MB in chunks, of unknown length', async () => {
    const answer = await ask(port, 'POST', '/orders/1', {
      body: 'x'.repeat(1_000_000),
      headers: { ...json, 'transfer-encoding': 'chunked' },
    });
    expect(answer.status).toBe(413);
  });

  test('a body of another type', async () => {
    const answer = await ask(port, 'POST', '/orders/1', {
      body: good,
      headers: { 'content-type': 'text/plain' },
    });
    expect(answer).toMatchObject({ status: 415, json: { code: 'unsupported_media_type' } });
    expect((await ask(port, 'POST', '/orders/1', { body: good })).status).toBe(201);
    const withCharset = { 'content-type': 'application/json; charset=utf-8' };
    expect((await ask(port, 'POST', '/orders/1', { body: good, headers: withCharset })).status).toBe(201);
  });

  test('headers of 32 KB, which the parser refuses; 15 KB pass', async () => {
    const long = (bytes: number) => `GET /cached HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(bytes)}\r\n\r\n`;
    expect(await raw(port, [long(32_000)])).toMatch(/^HTTP\/1.1 431 /);
    expect(await raw(port, [long(15_000)])).toMatch(/^HTTP\/1.1 200 /);
  });

  test('an unknown route, and an address that is not encoded', async () => {
    expect(await ask(port, 'GET', '/nowhere')).toMatchObject({ status: 404, json: { code: 'not_found' } });
    expect(await ask(port, 'POST', '/orders/%ff', { body: good })).toMatchObject({ status: 404 });
    expect((await ask(port, 'HEAD', '/nowhere')).text).toBe('');
  });

  test('a wrong method, with those that are taken', async () => {
    const answer = await ask(port, 'PUT', '/orders/1', { body: good });
    expect(answer).toMatchObject({ status: 405, json: { code: 'method_not_allowed' } });
    expect(answer.headers.allow).toBe('POST, OPTIONS');
    expect((await ask(port, 'DELETE', '/cached')).headers.allow).toBe('GET, HEAD, OPTIONS');
  });

  test('a query that does not fit', async () => {
    const headers = { authorization: `Bearer ${tokenFor('ana')}` };
    expect(await ask(port, 'GET', '/mine?limit=0', { headers })).toMatchObject({
      status: 422,
      json: { field: 'limit' },
    });
    expect(await ask(port, 'GET', '/mine?limit=x', { headers })).toMatchObject({
      status: 422,
      json: { field: 'limit' },
    });
    expect((await ask(port, 'GET', '/mine?limit=7&_=1', { headers })).json).toEqual({
      buyerId: 'ana',
      limit: 7,
    });
  });
});

test('an optional body may be left out', async () => {
  expect(await ask(port, 'POST', '/optional')).toMatchObject({ status: 200, json: {} });
  expect(await ask(port, 'POST', '/optional', { body: '{"note":"x"}' })).toMatchObject({
    json: { note: 'x' },
  });
  expect(await ask(port, 'POST', '/optional', { body: 'null' })).toMatchObject({ status: 422 });
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
  expect(anonymous).toMatchObject({ status: 401, json: { code: 'unauthenticated' } });
  expect(anonymous.headers['www-authenticate']).toBe('Bearer realm="doorbuster"');
  const forged = await as('/mine', `${tokenFor('ana')}x`);
  expect(forged.status).toBe(401);
  expect(forged.headers['www-authenticate']).toContain('error="invalid_token"');
  const expired = await as('/mine', createSigner({ key: secret, clockTimestamp: 1 })({ sub: 'ana', exp: 2 }));
  expect(expired).toMatchObject({ status: 401, json: { code: 'token_expired' } });
  expect(await as('/admin', tokenFor('ana'))).toMatchObject({ status: 403, json: { code: 'forbidden' } });
  expect((await as('/admin', tokenFor('root', 'admin'))).status).toBe(204);
});

test('an idempotency key is asked for, and looked at', async () => {
  const pay = (headers: Record<string, string>) =>
    ask(port, 'POST', '/pay', { headers: { authorization: `Bearer ${tokenFor('ana')}`, ...headers } });
  expect(await pay({})).toMatchObject({ status: 400, json: { code: 'idempotency_key_required' } });
  expect(await pay({ 'idempotency-key': 'k'.repeat(256) })).toMatchObject({
    status: 422,
    json: { field: 'Idempotency-Key' },
  });
  expect(await pay({ 'idempotency-key': 'k\u00e9k' })).toMatchObject({ status: 422 });
  const answer = await pay({ 'idempotency-key': 'k 1', prefer: 'respond-async, wait=99' });
  expect(answer).toMatchObject({ status: 202, json: { idempotencyKey: 'k 1', waitSeconds: 30 } });
});

test('a refusal is a value, with its members and when to come back', async () => {
  const answer = await ask(port, 'GET', '/no');
  expect(answer).toMatchObject({ status: 409, json: { code: 'not_your_turn', ahead: 7, retryable: true } });
  expect(answer.headers['retry-after']).toBe('3');
});

test('a bug is logged with its stack, and not shown', async () => {
  const answer = await ask(port, 'GET', '/bug', { headers: { 'x-request-id': 'bug-1' } });
  expect(answer).toMatchObject({ status: 500, json: { code: 'internal_error', requestId: 'bug-1' } });
  expect(answer.text).not.toContain('secret detail');
  const entry = logged.find(({ details }) => details.requestId === 'bug-1');
  expect(entry?.details.err?.stack).toContain('secret detail of a bug');
});

test('a store that is away is said as such', async () => {
  const answer = await ask(port, 'GET', '/away');
  expect(answer).toMatchObject({ status: 503, json: { code: 'unavailable', retryable: true } });
  expect(answer.headers['retry-after']).toBe('2');
});

test('a client that goes away cancels nothing, and leaves nothing open', async () => {
  effects.length = 0;
  await raw(port, ['GET /slow HTTP/1.1\r\nHost: x\r\n\r\n'], 50);
  await sleep(400);
  expect(effects).toEqual(['slow']);
  expect(gateway.kernel.openCount).toBe(0);
});

test('a second request while the first is open ends the connection', async () => {
  const get = 'GET /slow HTTP/1.1\r\nHost: x\r\n\r\n';
  expect(await raw(port, [get, get], 600)).toBe('[closed]');
  expect(gateway.kernel.openCount).toBe(0);
});

test('an abort at any byte leaves the gateway as it was', async () => {
  const request = `POST /orders/1 HTTP/1.1\r\nHost: x\r\nContent-Length: ${good.length}\r\n\r\n${good}`;
  await Promise.all(Array.from(request, (_, length) => raw(port, [request.slice(0, length)], 20)));
  await sleep(50);
  expect(gateway.kernel.openCount).toBe(0);
  expect((await ask(port, 'POST', '/orders/1', { body: good })).status).toBe(201);
});

test('a spent limit is said with its headers', async () => {
  const limits = new Limits(
    { RATE_BUYER_PER_SECOND: 1, RATE_BUYER_BURST: 2, RATE_ADDRESS_PER_SECOND: 10, RATE_ADDRESS_BURST: 10 },
    { isLoopbackExempt: false },
  );
  const limited = await start({ limits });
  try {
    const headers = { authorization: `Bearer ${tokenFor('ana')}` };
    const first = await ask(limited.port, 'GET', '/mine', { headers });
    expect(first.headers['ratelimit-policy']).toBe('"address";q=10;w=1, "buyer";q=2;w=2');
    expect(first.headers.ratelimit).toMatch(/^"address";r=9;t=1, "buyer";r=1;t=2$/);
    await ask(limited.port, 'GET', '/mine', { headers });
    const refused = await ask(limited.port, 'GET', '/mine', { headers });
    expect(refused).toMatchObject({ status: 429, json: { code: 'rate_limited', retryable: true } });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(refused.headers.ratelimit).toContain('"buyer";r=0');
  } finally {
    limited.close();
  }
});

test('what takes too long ends: bodies that never come, operations that never return', async () => {
  const hasty = await start({ receiveMs: 200, operationMs: 200 });
  try {
    const slowBody = 'POST /orders/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"sku"';
    const [late, never] = await Promise.all([
      raw(hasty.port, [slowBody], 1000),
      ask(hasty.port, 'GET', '/never'),
    ]);
    expect(late).toMatch(/^HTTP\/1.1 408 /);
    expect(late).toContain('"code":"request_timeout"');
    expect(late).toContain('[closed]');
    expect(never).toMatchObject({ status: 503, json: { code: 'unavailable' } });
    expect(hasty.kernel.openCount).toBe(0);
  } finally {
    hasty.close();
  }
});

test('a gateway that goes down finishes what it began and takes in nothing new', async () => {
  const leaving = await start();
  try {
    const begun = ask(leaving.port, 'GET', '/slow');
    await sleep(50);
    leaving.kernel.drain();
    expect(await ask(leaving.port, 'GET', '/cached')).toMatchObject({
      status: 503,
      json: { code: 'unavailable' },
    });
    const finished = await begun;
    expect(finished.status).toBe(200);
    expect(finished.headers.connection).toBe('close');
  } finally {
    leaving.close();
  }
});
