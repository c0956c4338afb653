import { afterAll, beforeAll, expect, test } from 'vitest';
import { type House, openHouse, tokenFor } from '../fixtures/house.ts';
import { ask, pause } from '../fixtures/http-client.ts';
import { SocketClient } from '../fixtures/socket-client.ts';

/** How long a dropped socket stays away; `AWAY_SECONDS=240` is four minutes. */
const awaySeconds = Number(process.env.AWAY_SECONDS ?? 1);
/** Joins of one buyer at once, a tenth of them over each socket and over HTTP. */
const joins = 100;
const sockets = 10;

let house: House;
let second: Awaited<ReturnType<House['openGateway']>>;
let ports: number[];
beforeAll(async () => {
  // One buyer who asks a hundred times at once is what is tested, not what their rate limit says to it.
  house = await openHouse({ RATE_BUYER_BURST: '1000' });
  second = await house.openGateway();
  ports = [house.port, second.plane.port];
});
afterAll(async () => {
  await second.close();
  await house.close();
});

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString();
const room = () => house.sale({ method: 'fifo', waitingOpensAt: inSeconds(-60), opensAt: inSeconds(3_600) });
const portOf = (n: number) => ports[n % ports.length] as number;
const joinAt = (port: number, saleId: string, as: string) =>
  ask(port, 'POST', `/api/v1/sales/${saleId}/tickets`, {
    headers: { authorization: `Bearer ${tokenFor(as)}` },
  });

test('a hundred joins of one buyer at once, over sockets and HTTP of two gateways, are one place', async () => {
  const saleId = await room();
  await joinAt(house.port, saleId, 'somebody before');
  const open = await Promise.all(
    Array.from({ length: sockets }, (_, n) => SocketClient.open(portOf(n), { token: tokenFor('ana') })),
  );
  const answers = await Promise.all(
    Array.from({ length: joins }, async (_, n) => {
      const socket = n % 2 === 0 ? open[(n / 2) % sockets] : undefined;
      if (socket) return (await socket.ask({ op: 'join', saleId })) as { ticket?: unknown; index?: unknown };
      const { status, body } = await joinAt(portOf((n - 1) / 2), saleId, 'ana');
      expect([200, 201]).toContain(status);
      return body as { ticket: string; index: number };
    }),
  );
  expect(new Set(answers.map(({ index }) => index))).toEqual(new Set([1]));
  expect(new Set(answers.map(({ ticket }) => ticket)).size).toBe(1);
  expect((await second.engine.sales.find(saleId))?.snapshot.entrants).toBeLessThanOrEqual(2);
  await joinAt(house.port, saleId, 'somebody after');
  const { body } = await joinAt(house.port, saleId, 'somebody after');
  expect(body.index).toBe(2);
  for (const socket of open) socket.close();
});

test('a socket that was dropped comes back on another gateway to the same turn, also in a sale that opened meanwhile', async () => {
  const saleId = await house.sale({
    method: 'queue',
    waitingOpensAt: inSeconds(-60),
    opensAt: inSeconds(3_600),
    claimSeconds: 3_600,
  });
  const buyers = Array.from({ length: 20 }, (_, n) => `buyer-${n}`);
  const places = await Promise.all(
    buyers.map(async (as, n) => {
      const socket = await SocketClient.open(portOf(n), { token: tokenFor(as) });
      const ticket = await socket.ask({ op: 'join', saleId });
      expect(ticket).toMatchObject({ ev: 'ticket', turn: null });
      // No goodbye: as a phone in a tunnel does it.
      socket.ws.terminate();
      return ticket;
    }),
  );
  await house.operate('POST', `/api/v1/admin/sales/${saleId}/open`);
  await house.until(
    () => house.ask('GET', `/sales/${saleId}`),
    ({ body }) => body.state === 'open',
  );
  const turns = await Promise.all(
    buyers.map(async (as) => (await house.ask('GET', `/sales/${saleId}/tickets/me`, { as })).body.turn),
  );
  expect([...turns].sort((a, b) => a - b)).toEqual([...buyers.keys()]);
  await pause(awaySeconds * 1_000);
  for (const [n, as] of buyers.entries()) {
    const socket = await SocketClient.open(portOf(n + 1), { token: tokenFor(as) });
    const [sale, again] = [
      await socket.ask({ op: 'watch', saleId }),
      await socket.ask({ op: 'join', saleId }),
    ];
    const { ticket, index } = places[n] as (typeof places)[0];
    expect(sale).toMatchObject({ ev: 'sale', state: 'open' });
    expect(again).toMatchObject({ ev: 'ticket', ticket, index, turn: turns[n] });
    socket.close();
  }
}, 400_000);

test('a copied ticket is of no use to another buyer, on either gateway', async () => {
  const saleId = await house.sale({ method: 'fifo' });
  const { body } = await joinAt(house.port, saleId, 'ana');
  const { ticket } = body;
  const items = [{ sku: 'ps5', quantity: 1 }];
  for (const port of ports) {
    const copied = await ask(port, 'POST', `/api/v1/sales/${saleId}/reservations`, {
      headers: { authorization: `Bearer ${tokenFor('eve')}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ticket, items }),
    });
    expect(copied).toMatchObject({ status: 403, body: { code: 'ticket_not_yours' } });
    const socket = await SocketClient.open(port, { token: tokenFor('eve') });
    expect(await socket.ask({ op: 'reserve', saleId, ticket, items })).toMatchObject({
      ev: 'error',
      code: 'ticket_not_yours',
    });
    socket.close();
  }
  const own = await house.until(
    () => house.reserve(saleId, 'ana', 1, ticket),
    ({ status }) => status === 201,
  );
  expect(own.body.reservation.state).toBe('held');
});

test('whoever joins over HTTP is called on the sockets that watch, on either gateway, and holds on all of them', async () => {
  const saleId = await house.sale({
    method: 'fifo',
    waitingOpensAt: inSeconds(-60),
    opensAt: inSeconds(3_600),
    claimSeconds: 3_600,
  });
  const openAt = (n: number, as: string) => SocketClient.open(portOf(n), { token: tokenFor(as) });
  /** At each gateway; joined over HTTP at the first one, before and after they watch. */
  const sockets = await Promise.all(
    ['early', 'late'].flatMap((as) => [0, 1].map(async (n) => ({ as, socket: await openAt(n, as) }))),
  );
  const { body: early } = await joinAt(house.port, saleId, 'early');
  for (const { socket } of sockets) await socket.ask({ op: 'watch', saleId });
  await joinAt(house.port, saleId, 'late');
  await joinAt(house.port, saleId, 'leaver');
  const left = await openAt(1, 'leaver');
  await left.ask({ op: 'watch', saleId });
  await ask(house.port, 'DELETE', `/api/v1/sales/${saleId}/tickets/me`, {
    headers: { authorization: `Bearer ${tokenFor('leaver')}` },
  });
  await joinAt(house.port, saleId, 'last');
  const last = await openAt(1, 'last');
  await last.ask({ op: 'watch', saleId });

  await house.operate('POST', `/api/v1/admin/sales/${saleId}/open`);
  for (const { socket } of [...sockets, { socket: last }]) {
    expect(await socket.next('your_turn')).toMatchObject({ saleId, claimBy: expect.any(String) });
  }
  await left.ask({ op: 'ping' });
  expect(left.rest.filter(({ ev }) => ev === 'your_turn')).toEqual([]);

  const items = [{ sku: 'ps5', quantity: 1 }];
  const [asking, elsewhere] = sockets.map(({ socket }) => socket) as [SocketClient, SocketClient];
  const { ref: _, ...held } = await asking.ask({ op: 'reserve', saleId, ticket: early.ticket, items });
  expect(held).toMatchObject({ ev: 'reserved', reservation: { state: 'held' } });
  expect(await elsewhere.next('reserved')).toEqual(held);
  await asking.ask({ op: 'ping' });
  expect(asking.rest.filter(({ ev }) => ev === 'reserved')).toEqual([]);
  // Over HTTP no socket has asked.
  const { body: late } = await joinAt(house.port, saleId, 'late');
  const overHttp = await house.reserve(saleId, 'late', 1, late.ticket);
  for (const { as, socket } of sockets) {
    if (as !== 'late') continue;
    expect(await socket.next('reserved')).toEqual({ ev: 'reserved', ...overHttp.body });
  }
  for (const socket of [...sockets.map((one) => one.socket), left, last]) socket.close();
});
