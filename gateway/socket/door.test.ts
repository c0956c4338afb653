import { connect } from 'node:net';
import { createSigner } from 'fast-jwt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refuse } from '../../engine/contracts/errors.ts';
import { newReservationId } from '../../engine/contracts/ids.ts';
import type { Ticket } from '../../engine/contracts/wire/tickets.ts';
import { liveSale, scriptedEngine } from '../fixtures/scripted-engine.ts';
import { SocketClient } from '../fixtures/socket-client.ts';
import { TrustedProxies } from '../guard/address.ts';
import { authenticateWithSecret } from '../guard/authentication.ts';
import { Limits } from '../guard/limits.ts';
import { listen } from '../http/listen.ts';
import { type us_listen_socket, uws } from '../http/uws.ts';
import { OutcomeWatch } from '../routes/outcome-watch.ts';
import { PaymentCounter } from '../routes/pay.ts';
import { SocketDoor } from './door.ts';

const secret = 'a secret of at least thirty-two characters';
const tokenFor = (sub: string, expiresInMs = 60_000) =>
  createSigner({ key: secret, expiresIn: expiresInMs })({ sub });
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const indices = new Map<string, number>();
const signs: string[][] = [];
const ticketOf = (saleId: string, buyerId: string): Ticket => {
  if (!indices.has(buyerId)) indices.set(buyerId, indices.size);
  const index = indices.get(buyerId) as number;
  return { ticket: `t-${buyerId}`, saleId, index, turn: index, state: 'waiting' };
};
const reservationId = newReservationId(1);

const script = scriptedEngine({
  sales: [liveSale('ps5'), liveSale('doors', { state: 'waiting' }), liveSale('till', { standby: 1 })],
  waitingRoom: {
    join: async (sale, buyerId) => {
      const ticket = ticketOf(sale.config.id, buyerId);
      return {
        kind: 'joined',
        fresh: true,
        ticket: sale.snapshot.state === 'waiting' ? { ...ticket, turn: null } : ticket,
      };
    },
    leave: async () => ({ kind: 'left' }),
    signsOfLife: async (_, buyerIds) => {
      signs.push([...buyerIds]);
    },
  },
  desk: {
    reserve: async (_, buyerId) =>
      buyerId.startsWith('early')
        ? refuse('not_your_turn', { retryAfterSeconds: 2, members: { ahead: 5 } })
        : { kind: 'standby', ahead: 3 },
    reservedBody: (sale, reservation) => ({
      reservation: {
        id: reservation.id,
        saleId: sale.config.id,
        state: reservation.state,
        items: reservation.items,
        expiresAt: new Date(reservation.deadlineMs).toISOString(),
      },
      purchaseToken: 'token',
      checkoutId: 'chk_1',
      total: { amount: 49_900, currency: 'USD' },
    }),
  },
});

let door: SocketDoor;
let port: number;
let close: () => void;

async function start(options: { limits?: Limits; socketsMax?: number } = {}) {
  const app = uws.App();
  const opened = new SocketDoor({
    app,
    engine: script.engine,
    counter: new PaymentCounter(script.engine.desk, new OutcomeWatch(script.engine)),
    authenticate: authenticateWithSecret(secret),
    limits: options.limits ?? null,
    proxies: new TrustedProxies(''),
    socketsMax: options.socketsMax ?? 1000,
    log: { error: (details) => console.error(details) },
  });
  const socket = (await listen(app, '127.0.0.1', 0, { isShared: false })) as us_listen_socket;
  return {
    door: opened,
    port: uws.us_socket_local_port(socket as unknown as Parameters<typeof uws.us_socket_local_port>[0]),
    close: () => {
      app.close();
    },
  };
}

beforeAll(async () => {
  ({ door, port, close } = await start());
});
afterAll(() => close());

describe('who is there', () => {
  test('a login by frame', async () => {
    const client = await SocketClient.open(port);
    const ready = await client.ask({ op: 'auth', token: tokenFor('ana') });
    expect(ready).toMatchObject({ ev: 'ready', buyerId: 'ana', heartbeatSeconds: 20 });
    expect(await client.ask({ op: 'auth', token: tokenFor('ana') })).toMatchObject({ ev: 'ready' });
    expect(await client.ask({ op: 'auth', token: tokenFor('bea') })).toMatchObject({
      ev: 'error',
      code: 'forbidden',
    });
    client.close();
  });

  test('a login by subprotocol, which only names ours in the answer', async () => {
    const client = await SocketClient.open(port, {
      protocols: ['doorbuster.v1', `bearer.${tokenFor('ana')}`],
    });
    expect(client.ws.protocol).toBe('doorbuster.v1');
    expect(await client.next('ready')).toMatchObject({ buyerId: 'ana' });
    client.close();
  });

  test('a bad token by subprotocol says why, and closes', async () => {
    const client = await SocketClient.open(port, { protocols: ['doorbuster.v1', 'bearer.nonsense'] });
    expect(await client.next('error')).toMatchObject({ code: 'unauthenticated' });
    expect(await client.closed).toBe(4401);
  });

  test('a bad token by frame leaves the socket open', async () => {
    const client = await SocketClient.open(port);
    const error = await client.ask({ op: 'auth', token: 'nonsense' });
    expect(error).toMatchObject({ ev: 'error', code: 'unauthenticated', retryable: false });
    expect(error).not.toHaveProperty('status');
    expect(await client.ask({ op: 'ping' })).toMatchObject({ ev: 'pong' });
    client.close();
  });

  test('whoever neither logs in nor watches has to go; a watcher may stay', async () => {
    const [idle, watching] = [await SocketClient.open(port), await SocketClient.open(port)];
    await watching.ask({ op: 'watch', saleId: 'ps5' });
    door.dismiss(Date.now() + 4_000);
    expect(await idle.ask({ op: 'ping' })).toMatchObject({ ev: 'pong' });
    door.dismiss(Date.now() + 5_100);
    expect(await idle.closed).toBe(4401);
    expect(await watching.ask({ op: 'ping' })).toMatchObject({ ev: 'pong' });
    watching.close();
  });

  test('an expired token closes the socket, by itself and on its next frame', async () => {
    const [silent, busy] = [
      await SocketClient.open(port, { token: tokenFor('ana', 60_000) }),
      await SocketClient.open(port, { token: tokenFor('bea', 1_000) }),
    ];
    await sleep(1_100);
    busy.send({ op: 'ping', ref: 1 });
    expect(await busy.closed).toBe(4401);
    expect(await silent.ask({ op: 'ping' })).toMatchObject({ ev: 'pong' });
    door.dismiss(Date.now() + 60_000);
    expect(await silent.closed).toBe(4401);
  });

  test('a foreign origin may not open a socket', async () => {
    await expect(
      SocketClient.open(port, { headers: { origin: 'https://elsewhere.example' } }),
    ).rejects.toThrow('403');
    const own = await SocketClient.open(port, { headers: { origin: `http://127.0.0.1:${port}` } });
    own.close();
  });

  test('a full house and a spent limit are said before the upgrade', async () => {
    const limits = new Limits(
      { RATE_BUYER_PER_SECOND: 1, RATE_BUYER_BURST: 1, RATE_ADDRESS_PER_SECOND: 1, RATE_ADDRESS_BURST: 2 },
      { isLoopbackExempt: false },
    );
    const full = await start({ socketsMax: 1 });
    const limited = await start({ limits });
    try {
      const first = await SocketClient.open(full.port);
      await expect(SocketClient.open(full.port)).rejects.toThrow('503');
      first.close();
      const clients = [await SocketClient.open(limited.port), await SocketClient.open(limited.port)];
      await expect(SocketClient.open(limited.port)).rejects.toThrow('429');
      for (const client of clients) client.close();
    } finally {
      full.close();
      limited.close();
    }
  });
});

describe('a bad frame is answered, and the socket stays open', () => {
  test.each([
    ['no JSON', 'hello', undefined, undefined],
    ['an array', '[]', undefined, undefined],
    ['null', 'null', undefined, undefined],
    ['no op', '{"ref":7}', 'op', 7],
    ['an unknown op', '{"op":"steal","ref":7}', 'op', 7],
    ['an op of the prototype', '{"op":"constructor","ref":7}', 'op', 7],
    ['no ref', '{"op":"ping"}', 'ref', undefined],
    ['a ref that is no number', '{"op":"ping","ref":"1"}', 'ref', undefined],
    ['an unknown field', '{"op":"watch","ref":7,"saleId":"ps5","colour":"red"}', 'colour', 7],
    ['a missing field', '{"op":"watch","ref":7}', 'saleId', 7],
    [
      'quantity 0',
      '{"op":"reserve","ref":7,"saleId":"ps5","items":[{"sku":"a","quantity":0}]}',
      'items.0.quantity',
      7,
    ],
    [
      'quantity 1.5',
      '{"op":"reserve","ref":7,"saleId":"ps5","items":[{"sku":"a","quantity":1.5}]}',
      'items.0.quantity',
      7,
    ],
  ])('%s', async (_, text, field, ref) => {
    const client = await SocketClient.open(port, { token: tokenFor('ana') });
    client.sendText(text);
    const error = await client.next(({ ev }) => ev === 'error');
    expect(error).toMatchObject({
      type: 'urn:doorbuster:error:invalid_request',
      code: 'invalid_request',
      retryable: false,
    });
    expect([error.field, error.ref]).toEqual([field, ref]);
    expect(error.requestId).toMatch(/^req_/);
    expect(await client.ask({ op: 'ping' })).toMatchObject({ ev: 'pong' });
    client.close();
  });

  test('binary', async () => {
    const client = await SocketClient.open(port);
    client.ws.send(Buffer.from('{"op":"ping","ref":1}'));
    expect(await client.next('error')).toMatchObject({ code: 'invalid_request' });
    expect(await client.ask({ op: 'ping' })).toMatchObject({ ev: 'pong' });
    client.close();
  });

  test('a buyer’s op without a buyer', async () => {
    const client = await SocketClient.open(port);
    expect(await client.ask({ op: 'join', saleId: 'ps5' })).toMatchObject({
      ev: 'error',
      code: 'unauthenticated',
    });
    client.close();
  });

  test('an unknown sale', async () => {
    const client = await SocketClient.open(port);
    expect(await client.ask({ op: 'watch', saleId: 'nothing' })).toMatchObject({
      ev: 'error',
      code: 'sale_not_found',
    });
    client.close();
  });

  test('a spent limit of the buyer', async () => {
    const limits = new Limits(
      {
        RATE_BUYER_PER_SECOND: 1,
        RATE_BUYER_BURST: 2,
        RATE_ADDRESS_PER_SECOND: 100,
        RATE_ADDRESS_BURST: 100,
      },
      { isLoopbackExempt: false },
    );
    const limited = await start({ limits });
    try {
      const client = await SocketClient.open(limited.port, { token: tokenFor('ana') });
      await client.ask({ op: 'join', saleId: 'ps5' });
      await client.ask({ op: 'join', saleId: 'ps5' });
      const refused = await client.ask({ op: 'join', saleId: 'ps5' });
      expect(refused).toMatchObject({ ev: 'error', code: 'rate_limited', retryable: true });
      expect(refused.retryAfterSeconds).toBeGreaterThan(0);
      expect(await client.ask({ op: 'ping' })).toMatchObject({ ev: 'pong' });
      client.close();
    } finally {
      limited.close();
    }
  });
});

describe('what closes a socket', () => {
  test('malformed again and again', async () => {
    const client = await SocketClient.open(port);
    for (let frame = 0; frame < 10; frame += 1) client.sendText('hello');
    expect(await client.closed).toBe(4400);
  });

  test('flooding', async () => {
    const client = await SocketClient.open(port);
    for (let ref = 0; ref <= 100; ref += 1) client.send({ op: 'ping', ref });
    expect(await client.closed).toBe(4429);
  });

  test.each([
    ['over 16 KiB', 17_000],
    ['of 1 MB', 1_000_000],
    ['of 1 MiB', 1_048_576],
  ])('a frame %s', async (_, bytes) => {
    const client = await SocketClient.open(port);
    client.sendText('a'.repeat(bytes));
    expect(await client.closed).toBe(1009);
  });

  test('a frame far over that is cut off', async () => {
    const client = await SocketClient.open(port);
    client.sendText('a'.repeat(3_000_000));
    expect(await client.closed).toBe(1006);
  });

  test('random bytes harm nobody else', async () => {
    const honest = await SocketClient.open(port, { token: tokenFor('ana') });
    await Promise.all(
      Array.from({ length: 50 }, async (_, seed) => {
        const client = await SocketClient.open(port);
        const bytes = Buffer.from(
          Array.from({ length: 200 }, (__, at) => (at * 7919 + seed * 104_729) % 256),
        );
        (client.ws as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(bytes);
        client.ws.terminate();
      }),
    );
    expect(await honest.ask({ op: 'ping' })).toMatchObject({ ev: 'pong' });
    honest.close();
  });
});

test('a watcher gets the sale, then what changes in it, and nothing twice', async () => {
  const client = await SocketClient.open(port);
  const sale = await client.ask({ op: 'watch', saleId: 'ps5' });
  expect(sale).toMatchObject({
    ev: 'sale',
    id: 'ps5',
    state: 'open',
    items: [{ sku: 'ps5', units: 10, available: 7, held: 2, sold: 1 }],
    waitingRoom: { method: 'fifo', entrants: 3, serving: 0 },
  });
  script.change('ps5', { serving: 0, nowMs: 1 });
  door.broadcast();
  script.change('ps5', { stock: [{ sku: 'ps5', units: 10, available: 6, held: 1, paying: 1, sold: 2 }] });
  door.broadcast();
  door.broadcast();
  expect(await client.next('serving')).toEqual({
    ev: 'serving',
    saleId: 'ps5',
    serving: 0,
    perMinute: 1000,
    remaining: 8,
  });
  script.change('ps5', { state: 'paused' });
  expect(await client.next('state')).toEqual({ ev: 'state', saleId: 'ps5', state: 'paused' });
  script.notice('ps5', 'back in five minutes');
  expect(await client.next('notice')).toEqual({ ev: 'notice', saleId: 'ps5', text: 'back in five minutes' });
  expect(client.rest).toEqual([]);
  await client.ask({ op: 'unwatch', saleId: 'ps5' });
  script.change('ps5', { state: 'open' });
  await client.ask({ op: 'ping' });
  expect(client.rest).toEqual([]);
  client.close();
});

test('a turn is called on every socket of its buyer, and on no other', async () => {
  indices.clear();
  const [ana, anasPhone, bea] = (await Promise.all(
    ['ana', 'ana', 'bea'].map((sub) => SocketClient.open(port, { token: tokenFor(sub) })),
  )) as [SocketClient, SocketClient, SocketClient];
  expect(await ana.ask({ op: 'join', saleId: 'doors' })).toMatchObject({
    ev: 'ticket',
    index: 0,
    turn: null,
  });
  expect(await bea.ask({ op: 'join', saleId: 'doors' })).toMatchObject({ ev: 'ticket', index: 1 });
  await ana.ask({ op: 'watch', saleId: 'doors' });
  script.change('doors', { state: 'open' });
  expect(await ana.next('opened')).toEqual({
    ev: 'opened',
    saleId: 'doors',
    drawSeed: null,
    preEntrants: null,
  });
  expect(ana.rest.filter(({ ev }) => ev === 'your_turn')).toEqual([]);
  script.change('doors', { serving: 1 });
  const called = { ev: 'your_turn', saleId: 'doors', claimBy: '2026-11-27T12:00:00.000Z' };
  expect(await ana.next('your_turn')).toEqual(called);
  expect(await anasPhone.next('your_turn')).toEqual(called);
  await bea.ask({ op: 'ping' });
  expect(bea.rest).toEqual([]);
  script.change('doors', { serving: 5000 });
  expect(await bea.next('your_turn')).toEqual(called);
  // Whoever comes back after the call is told again.
  const back = await SocketClient.open(port, { token: tokenFor('bea') });
  expect(await back.ask({ op: 'join', saleId: 'doors' })).toMatchObject({ ev: 'ticket', index: 1, turn: 1 });
  expect(await back.next('your_turn')).toEqual(called);
  for (const client of [ana, anasPhone, bea, back]) client.close();
});

test('a place that was given up is not called', async () => {
  indices.clear();
  const client = await SocketClient.open(port, { token: tokenFor('ana') });
  script.change('till', { serving: 0 });
  await client.ask({ op: 'join', saleId: 'till' });
  expect(await client.ask({ op: 'leave', saleId: 'till' })).toMatchObject({ ev: 'left', saleId: 'till' });
  script.change('till', { serving: 1 });
  await client.ask({ op: 'ping' });
  expect(client.rest).toEqual([]);
  client.close();
});

test('refusals and answers of an operation', async () => {
  const items = [{ sku: 'ps5', quantity: 1 }];
  const [early, late] = (await Promise.all(
    ['early', 'late'].map((sub) => SocketClient.open(port, { token: tokenFor(sub) })),
  )) as [SocketClient, SocketClient];
  expect(await early.ask({ op: 'reserve', saleId: 'till', items })).toMatchObject({
    ev: 'error',
    code: 'not_your_turn',
    ahead: 5,
    retryAfterSeconds: 2,
  });
  expect(await late.ask({ op: 'reserve', saleId: 'till', items })).toMatchObject({
    ev: 'standby',
    state: 'standby',
    ahead: 3,
  });
  early.close();
  late.close();
});

test('a socket speaks for whoever is on standby, until there is a unit or no socket', async () => {
  const items = [{ sku: 'ps5', quantity: 1 }];
  const client = await SocketClient.open(port, { token: tokenFor('patient') });
  await client.ask({ op: 'reserve', saleId: 'till', items });
  signs.length = 0;
  await door.speakForTheWaiting();
  expect(signs.flat()).toContain('patient');

  const reservation = {
    id: reservationId,
    saleId: 'till',
    buyerId: 'patient',
    state: 'held' as const,
    items,
    deadlineMs: Date.parse('2026-11-27T12:00:10.000Z'),
    turn: null,
  };
  script.push({ ev: 'reserved', buyerId: 'patient', saleId: 'till', reservation });
  expect(await client.next('reserved')).toMatchObject({
    reservation: { id: reservationId },
    purchaseToken: 'token',
  });
  signs.length = 0;
  await door.speakForTheWaiting();
  expect(signs.flat()).not.toContain('patient');

  script.push({ ev: 'expired', buyerId: 'patient', saleId: 'till', reservationId });
  expect(await client.next('expired')).toEqual({ ev: 'expired', saleId: 'till', reservationId });
  await door.speakForTheWaiting();
  expect(signs.flat()).toContain('patient');

  client.close();
  await client.closed;
  await sleep(20);
  signs.length = 0;
  await door.speakForTheWaiting();
  expect(signs.flat()).not.toContain('patient');
});

test('the outcome of a payment reaches its buyer', async () => {
  const client = await SocketClient.open(port, { token: tokenFor('ana') });
  const confirmed = {
    orderId: 'ord_1' as const,
    orderNumber: 'A',
    status: 'confirmed' as const,
    paymentStatus: 'captured' as const,
    total: { amount: 1, currency: 'USD' },
  };
  script.push({ ev: 'order', buyerId: 'ana', orderId: 'ord_1', status: 201, body: confirmed });
  expect(await client.next('order')).toEqual({ ev: 'order', ...confirmed });
  const body = { code: 'payment_declined', declineCode: 'card_declined' };
  script.push({ ev: 'order', buyerId: 'ana', orderId: 'ord_1', status: 402, body });
  expect(await client.next('order')).toEqual({
    ev: 'order',
    orderId: 'ord_1',
    status: 'pending',
    paymentStatus: 'declined',
    lastPaymentError: { code: 'payment_declined', declineCode: 'card_declined' },
  });
  client.close();
});

test('a socket that does not read is cut off, and the others are not kept waiting', async () => {
  const handshake = [
    'GET /ws HTTP/1.1',
    'Host: x',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    '\r\n',
  ].join('\r\n');
  const deaf = connect({ port, host: '127.0.0.1' });
  let isClosed = false;
  deaf.on('error', () => {});
  deaf.on('close', () => {
    isClosed = true;
  });
  const before = door.openCount;
  deaf.write(handshake);
  const payload = Buffer.from('{"op":"watch","ref":1,"saleId":"ps5"}');
  deaf.write(Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]));
  const watcher = await SocketClient.open(port);
  await watcher.ask({ op: 'watch', saleId: 'ps5' });
  deaf.pause();
  const text = 'x'.repeat(60_000);
  for (let notice = 0; notice < 400 && door.openCount > before + 1; notice += 1) {
    script.notice('ps5', text);
    await watcher.next('notice');
  }
  expect(door.openCount).toBe(before + 1);
  deaf.destroy();
  expect(isClosed || deaf.destroyed).toBe(true);
  watcher.close();
});

test('a gateway that goes down says so to every socket', async () => {
  const leaving = await start();
  const clients = await Promise.all(Array.from({ length: 30 }, () => SocketClient.open(leaving.port)));
  const codes = Promise.all(clients.map((client) => client.closed));
  await leaving.door.farewell();
  expect(new Set(await codes)).toEqual(new Set([1012]));
  await expect(SocketClient.open(leaving.port)).rejects.toThrow('503');
  leaving.close();
});
