import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, pause, raw } from '../fixtures/http-client.ts';
import { effects, largeText, logged, startKernel } from '../fixtures/kernel.ts';

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

/** How many requests one connection that reads nothing gets rid of until it is ended; null where it never is. */
async function askedUnread(request: string, most: number): Promise<number | null> {
  const deaf = connect(port, '127.0.0.1');
  let isEnded = false;
  deaf.pause();
  deaf.on('error', () => {});
  deaf.on('close', () => {
    isEnded = true;
  });
  try {
    // Few at a time: the library ends a connection that sends a lot at once by itself.
    for (let asked = 20; asked <= most; asked += 20) {
      deaf.write(`${request}\r\nHost: x\r\n\r\n`.repeat(20));
      do await pause(0);
      while (!isEnded && deaf.writableLength > 0);
      if (isEnded) return asked;
    }
    return null;
  } finally {
    deaf.destroy();
  }
}

test.each([
  // Above what the system keeps by itself, which is 5 MB of answers of 300 bytes.
  ['answers', 'GET /cached HTTP/1.1', 100_000],
  ['answers without a body that no quota bounds', 'HEAD /alive HTTP/1.1', 5_000],
])('whoever asks on and reads no %s is cut off', async (_, request, most) => {
  expect(await askedUnread(request, most)).not.toBeNull();
});

test('an answer without a body ends its connection where no quota bounds it, and nowhere else', async () => {
  for (const [path, connection] of [
    ['/cached', 'keep-alive'],
    ['/alive', 'close'],
  ] as const) {
    for (let asked = 0; asked < 20; asked += 1) {
      const { status, headers } = await ask(port, 'HEAD', path);
      expect([status, headers['content-length'], headers.connection ?? 'keep-alive']).toEqual([
        200,
        '13',
        connection,
      ]);
    }
  }
  await expect.poll(() => gateway.kernel.openCount).toBe(0);
});

test('whoever reads slowly gets all of a large answer', async () => {
  const slow = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  slow.write('GET /large HTTP/1.1\r\nHost: x\r\n\r\n');
  for await (const chunk of slow) {
    chunks.push(chunk as Buffer);
    if (chunks.length % 100 === 1) await pause(1);
    if ((chunk as Buffer).subarray(-2).toString() === '"}') break;
  }
  const [head, body] = Buffer.concat(chunks).toString().split('\r\n\r\n') as [string, string];
  expect(head).toContain(`Content-Length: ${Buffer.byteLength(body)}`);
  expect(body === JSON.stringify({ text: largeText })).toBe(true);
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
