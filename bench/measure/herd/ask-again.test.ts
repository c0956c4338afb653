import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { postText } from '../load/http-wire.ts';
import { askAgain } from './ask-again.ts';

/** Tells everybody 503 so many times, then 201. */
async function refusing(times: number): Promise<{ origin: string; asked: Map<string, number> }> {
  const asked = new Map<string, number>();
  const server = createServer((request, response) => {
    const who = String(request.headers.authorization);
    asked.set(who, (asked.get(who) ?? 0) + 1);
    const isRefused = (asked.get(who) ?? 0) <= times;
    response.writeHead(isRefused ? 503 : 201, { 'Content-Length': 0, 'Retry-After': '0' }).end();
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const coming = { text: postText('/', '{}'), tokens: ['a', 'b', 'c'], retryAfterMs: 0, connections: 2 };

test('everybody who is told 503 comes until they are decided, and then no more', async () => {
  const { origin, asked } = await refusing(2);
  expect(await askAgain({ ...coming, origin })).toEqual({ 201: 3 });
  expect([...asked.values()]).toEqual([3, 3, 3]);
});

test('who is always told 503 was not served', async () => {
  const { origin } = await refusing(100);
  expect(await askAgain({ ...coming, origin, timesMax: 4 })).toEqual({ 503: 3 });
});
