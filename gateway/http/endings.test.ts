import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, raw } from '../fixtures/http-client.ts';
import { effects, logged, startKernel } from '../fixtures/kernel.ts';

const good = JSON.stringify({ sku: 'ps5', quantity: 1 });
let gateway: Awaited<ReturnType<typeof startKernel>>;
let port: number;

beforeAll(async () => {
  gateway = await startKernel();
  port = gateway.port;
});
afterAll(() => gateway.close());

test('a bug is logged with its stack, and not shown', async () => {
  const answer = await ask(port, 'GET', '/bug', { headers: { 'x-request-id': 'bug-1' } });
  expect(answer).toMatchObject({ status: 500, body: { code: 'internal_error', requestId: 'bug-1' } });
  expect(answer.text).not.toContain('secret detail');
  const entry = logged.find(({ details }) => details.requestId === 'bug-1');
  expect(entry?.details.err?.stack).toContain('secret detail of a bug');
});

test('a store that is away is said as such', async () => {
  const answer = await ask(port, 'GET', '/away');
  expect(answer).toMatchObject({ status: 503, body: { code: 'unavailable', retryable: true } });
  expect(answer.headers['retry-after']).toBe('2');
});

test('a client that goes away cancels nothing, and leaves nothing open', async () => {
  effects.length = 0;
  const hearing = raw(port, 'GET /slow HTTP/1.1\r\nHost: x\r\n\r\n', 100);
  await expect.poll(() => gateway.kernel.openCount).toBe(1);
  await hearing;
  await expect.poll(() => gateway.kernel.openCount).toBe(0);
  await expect.poll(() => effects).toEqual(['slow']);
});

test('a second request while the first is open ends the connection', async () => {
  const get = 'GET /slow HTTP/1.1\r\nHost: x\r\n\r\n';
  expect(await raw(port, get + get, /\[closed\]/)).toBe('[closed]');
  await expect.poll(() => gateway.kernel.openCount).toBe(0);
});

test('an abort at any byte leaves the gateway as it was', async () => {
  const request = `POST /orders/1 HTTP/1.1\r\nHost: x\r\nContent-Length: ${good.length}\r\n\r\n${good}`;
  await Promise.all(Array.from(request, (_, length) => raw(port, request.slice(0, length), 20)));
  await expect.poll(() => gateway.kernel.openCount).toBe(0);
  expect((await ask(port, 'POST', '/orders/1', { body: good })).status).toBe(201);
});

test('what takes too long ends: bodies that never come, operations that never return', async () => {
  const hasty = await startKernel({ receiveMs: 200, operationMs: 200 });
  try {
    const slowBody = 'POST /orders/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"sku"';
    const [late, never] = await Promise.all([
      raw(hasty.port, slowBody, /\[closed\]/),
      ask(hasty.port, 'GET', '/never'),
    ]);
    expect(late).toMatch(/^HTTP\/1.1 408 /);
    expect(late).toContain('"code":"request_timeout"');
    expect(late).toContain('[closed]');
    expect(never).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(hasty.kernel.openCount).toBe(0);
  } finally {
    hasty.close();
  }
});

test('a gateway that goes down finishes what it began and takes in nothing new', async () => {
  const leaving = await startKernel();
  try {
    const begun = ask(leaving.port, 'GET', '/slow');
    await expect.poll(() => leaving.kernel.openCount).toBe(1);
    leaving.kernel.drain();
    expect(await ask(leaving.port, 'GET', '/cached')).toMatchObject({
      status: 503,
      body: { code: 'unavailable' },
    });
    const finished = await begun;
    expect(finished.status).toBe(200);
    expect(finished.headers.connection).toBe('close');
  } finally {
    leaving.close();
  }
});
