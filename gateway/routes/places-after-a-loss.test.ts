import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type House, openHouse, tokenFor } from '../fixtures/house.ts';
import { SocketClient } from '../fixtures/socket-client.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(async () => {
  const undocumented = await house.undocumentedRefusals();
  await house.close();
  expect(undocumented).toEqual([]);
});

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString();
const room = () => house.sale({ method: 'fifo', waitingOpensAt: inSeconds(-60), opensAt: inSeconds(3_600) });

const join = (saleId: string, as: string, body: object = {}) =>
  house.ask('POST', `/sales/${saleId}/tickets`, { as, body });
const look = (saleId: string, as: string) => house.ask('GET', `/sales/${saleId}/tickets/me`, { as });
/** The answer once the sale is there again. */
const later = (ask: () => ReturnType<typeof look>) => house.until(ask, ({ status }) => status !== 503);

async function withRedis<R>(does: (redis: Redis) => Promise<R>): Promise<R> {
  const redis = new Redis(house.redis.url);
  try {
    return await does(redis);
  } finally {
    redis.disconnect();
  }
}

test('whoever waited waits where they waited, over both doors, after Redis lost its memory', async () => {
  const saleId = await room();
  const buyers = ['ana', 'bea', 'cyd'];
  const before = [];
  for (const buyer of buyers) before.push((await join(saleId, buyer)).body);
  await join(saleId, 'dan');
  expect((await house.ask('DELETE', `/sales/${saleId}/tickets/me`, { as: 'dan' })).status).toBe(204);
  await house.until(
    () => house.operate('GET', `/api/v1/admin/sales/${saleId}/audit`),
    ({ body }) => body.relay.lagEntries === 0,
  );
  await withRedis((redis) => redis.flushall());

  // Who shows nothing, who asks only, and who comes over a socket.
  expect((await later(() => join(saleId, 'ana'))).body).toEqual(before[0]);
  expect((await later(() => look(saleId, 'bea'))).body).toMatchObject({ index: 1, ticket: before[1].ticket });
  const socket = await SocketClient.open(house.port, { token: tokenFor('cyd') });
  expect(await socket.ask({ op: 'join', saleId })).toMatchObject({ ev: 'ticket', ...before[2] });
  socket.close();
  expect((await look(saleId, 'dan')).body).toMatchObject({ code: 'ticket_not_found' });
  expect((await join(saleId, 'eve')).body.index).toBeGreaterThan(3);
});

test("a place that nobody had journaled is its ticket's, over both doors, and nobody else's", async () => {
  const saleId = await room();
  const { body: ana } = await join(saleId, 'ana');
  const { body: bea } = await join(saleId, 'bea');
  // As if they had come after the relay was there last: Redis has lost what it knew of the two.
  await withRedis(async (redis) => {
    const buckets = await redis.keys(`*{${saleId}}:places:*`);
    expect(buckets.length).toBeGreaterThan(0);
    await redis.del(...buckets);
  });

  expect((await look(saleId, 'ana')).body).toMatchObject({ code: 'ticket_not_found' });
  expect((await join(saleId, 'ana', { ticket: bea.ticket })).body).toMatchObject({
    code: 'ticket_not_yours',
  });
  const altered = `${ana.ticket.slice(0, -4)}AAAA`;
  expect((await join(saleId, 'ana', { ticket: altered })).body).toMatchObject({ code: 'ticket_invalid' });
  expect(await join(saleId, 'ana', { ticket: ana.ticket })).toMatchObject({ status: 200, body: ana });
  expect((await look(saleId, 'ana')).body.index).toBe(ana.index);
  const socket = await SocketClient.open(house.port, { token: tokenFor('bea') });
  expect(await socket.ask({ op: 'join', saleId, ticket: ana.ticket })).toMatchObject({
    code: 'ticket_not_yours',
  });
  expect(await socket.ask({ op: 'join', saleId, ticket: bea.ticket })).toMatchObject({
    ev: 'ticket',
    ...bea,
  });
  socket.close();
  const { body: other } = await join(await room(), 'ana', { ticket: ana.ticket });
  expect(other).toMatchObject({ code: 'ticket_invalid' });
});
