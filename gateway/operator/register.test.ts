import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, raw } from '../fixtures/http-client.ts';
import { effects, routes, secret, tokenFor } from '../fixtures/kernel.ts';
import { authenticateWithSecret } from '../guard/authentication.ts';
import { type OperatorApp, registerRoutes } from './register.ts';

let server: Server;
let port: number;
beforeAll(async () => {
  const app: OperatorApp = new Hono();
  registerRoutes(app, routes, {
    authenticate: authenticateWithSecret(secret),
    limits: null,
    log: { error: () => {} },
    receiveMs: 200,
  });
  server = createAdaptorServer({ fetch: app.fetch }) as Server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test('a body that never comes to its end is told so, and its connection ends', async () => {
  effects.length = 0;
  const request = 'POST /orders/1 HTTP/1.1\r\nHost: x\r\nX-Request-Id: slow-1\r\n';
  const declared = `${request}Content-Length: 100\r\n\r\n{"sku"`;
  const chunked = `${request}Transfer-Encoding: chunked\r\n\r\n6\r\n{"sku"\r\n`;
  for (const unfinished of [declared, chunked]) {
    const answer = await raw(port, unfinished, /\[closed\]/);
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    expect(answer.toLowerCase()).toContain('content-type: application/problem+json');
    expect(answer).toContain('"code":"request_timeout"');
    expect(answer).toContain('"requestId":"slow-1"');
    expect(answer).toContain('[closed]');
  }
  expect(effects).toEqual([]);
});

test('a body that comes in time is not cut off', async () => {
  const answer = await ask(port, 'POST', '/orders/2', { body: JSON.stringify({ sku: 'ps5', quantity: 1 }) });
  expect(answer).toMatchObject({ status: 201, body: { id: '2' } });
  expect(answer.headers.connection).not.toBe('close');
});

test('a body in a coding is told which one is taken', async () => {
  const body = gzipSync(JSON.stringify({ sku: 'ps5', quantity: 1 }));
  const answer = await ask(port, 'POST', '/orders/2', { body, headers: { 'content-encoding': 'gzip' } });
  expect(answer).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
  expect(answer.headers['accept-encoding']).toBe('identity');
});

test('a key that is there and malformed is told apart from none', async () => {
  const pay = (headers: Record<string, string>) =>
    ask(port, 'POST', '/pay', { headers: { authorization: `Bearer ${tokenFor('ana')}`, ...headers } });
  expect(await pay({})).toMatchObject({ status: 400, body: { code: 'idempotency_key_required' } });
  for (const malformed of ['k'.repeat(256), 'k\u00e9k', '\u00e9', '', '   ']) {
    expect(await pay({ 'idempotency-key': malformed }), JSON.stringify(malformed)).toMatchObject({
      status: 422,
      body: { code: 'invalid_request', field: 'Idempotency-Key' },
    });
  }
});

test('a store that is away is said as such, with when to come back', async () => {
  const answer = await ask(port, 'GET', '/away');
  expect(answer).toMatchObject({ status: 503, body: { code: 'unavailable', retryable: true } });
  expect(answer.headers['retry-after']).toBe('2');
});
