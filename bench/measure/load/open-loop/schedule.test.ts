import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type OpenLoop, openLoop } from './schedule.ts';

const asking = (fields: Partial<OpenLoop>): OpenLoop => ({
  origin: 'http://127.0.0.1:9',
  path: '/',
  body: '{}',
  tokens: Array.from({ length: 1000 }, (_, buyer) => `T${buyer}`),
  connections: 0,
  perSecond: 2,
  seconds: 1,
  ...fields,
});

async function listening(server: Server): Promise<string> {
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

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
  // One connection: counted from when it was sent, one request alone would have met the stall.
  const result = await openLoop(
    asking({ origin: await listening(server), connections: 1, perSecond: 100, seconds: 1 }),
  );
  expect(result.statuses).toEqual({ 201: 100 });
  expect(seen.size).toBe(100);
  expect(result.maxMs).toBeGreaterThanOrEqual(390);
  expect(result.p99Ms).toBeGreaterThan(350);
  // Nobody could be sent meanwhile: that was not the generator.
  expect(result.lateP99Ms).toBeLessThan(300);
});

test('it sleeps until the next request is due, and says who was overloaded', async () => {
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    response.writeHead(asked % 100 === 1 ? 503 : 201, { 'Content-Length': 2 }).end('{}');
  });
  const origin = await listening(server);
  const before = performance.eventLoopUtilization();
  const { statuses, overloaded } = await openLoop(
    asking({ origin, connections: 20, perSecond: 600, seconds: 1 }),
  );
  expect(statuses).toEqual({ 201: 594, 503: 6 });
  expect(overloaded).toHaveLength(6);
  // Of an event loop whose turns are counted until a request is due it is 1.
  expect(performance.eventLoopUtilization(before).utilization).toBeLessThan(0.9);
});

test('nobody comes twice', async () => {
  await expect(openLoop(asking({ tokens: ['T'], connections: 1 }))).rejects.toThrow('as many buyers');
});

test('nothing to ask, or nowhere to, is refused and not waited for', async () => {
  await expect(openLoop(asking({ perSecond: 0.5 }))).rejects.toThrow('no requests');
  await expect(openLoop(asking({ connections: 0 }))).rejects.toThrow('a connection');
});
