import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { openLoop } from './schedule.ts';

test('a stall of the server counts for everybody who came meanwhile', async () => {
  const seen = new Set<string>();
  let stalledUntilMs = 0;
  const server = createServer((request, response) => {
    seen.add(String(request.headers.authorization));
    if (seen.size === 20) stalledUntilMs = performance.now() + 400;
    setTimeout(
      () => response.writeHead(201, { 'Content-Length': 2 }).end('{}'),
      stalledUntilMs - performance.now(),
    );
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const result = await openLoop({
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    path: '/',
    body: '{}',
    tokens: Array.from({ length: 100 }, (_, buyer) => `T${buyer}`),
    // One connection: counted from when it was sent, one request alone would have met the stall.
    connections: 1,
    perSecond: 100,
    seconds: 1,
  });
  expect(result.statuses).toEqual({ 201: 100 });
  expect(seen.size).toBe(100);
  expect(result.maxMs).toBeGreaterThanOrEqual(390);
  expect(result.p99Ms).toBeGreaterThan(350);
});

test('nobody comes twice', async () => {
  const setting = { origin: 'http://127.0.0.1:9', path: '/', body: '', tokens: ['T'], connections: 0 };
  await expect(openLoop({ ...setting, perSecond: 2, seconds: 1 })).rejects.toThrow('as many buyers');
});
