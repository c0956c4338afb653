import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { behaviourOf } from './behaviour.ts';
import { SocketDoor } from './socket-connection.ts';
import { SocketLine } from './socket-line.ts';
import { Tally } from './tally.ts';

type ClientFrame = { op: string; ref: number } & Record<string, unknown>;

let server: WebSocketServer;
let sockets: WebSocket[];
let heard: ClientFrame[];
let answer: (frame: ClientFrame, socket: WebSocket) => object | null;
let line: SocketLine;
let tally: Tally;
let broken: string[];

beforeEach(async () => {
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  sockets = [];
  heard = [];
  broken = [];
  tally = new Tally();
  answer = (frame) => usual[frame.op] ?? null;
  server.on('connection', (socket) => {
    sockets.push(socket);
    socket.on('message', (text) => {
      const frame = JSON.parse(text.toString()) as ClientFrame;
      heard.push(frame);
      const reply = answer(frame, socket);
      if (reply) socket.send(JSON.stringify({ ref: frame.ref, ...reply }));
    });
  });
  await new Promise((resolve) => server.once('listening', resolve));
  line = new SocketLine({
    door: new SocketDoor(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, null),
    behaviour: { ...behaviourOf(1, 1), showsTokenIn: 'frame', dropsAfterMs: null, awayMs: 1 },
    saleId: 's',
    sku: 'ps5',
    tally,
    mintToken: () => 'token',
    broken: (error) => broken.push(error.message),
  });
});

afterEach(() => {
  line.close();
  for (const socket of server.clients) socket.terminate();
  server.close();
});

const usual: Record<string, object> = {
  auth: { ev: 'ready' },
  watch: { ev: 'sale', state: 'waiting', waitingRoom: { serving: 0 } },
  join: { ev: 'ticket', ticket: 'T', index: 5, turn: null, state: 'waiting' },
  reserve: { ev: 'standby', state: 'standby', ahead: 2 },
  pay: { ev: 'order', orderId: 'ord_1', status: 'pending' },
};
const payment = { checkoutId: 'chk_1', purchaseToken: 'P', paymentToken: 'tok_visa', idempotencyKey: 'k' };
const tell = (frame: object) => sockets.at(-1)?.send(JSON.stringify(frame));
const ops = () => heard.map((frame) => frame.op);

async function joined(): Promise<void> {
  await line.open();
  await line.join();
}

it('is called when serving passes its turn, not before', async () => {
  await joined();
  let called = '';
  void line.waitForTurn().then((how) => {
    called = how;
  });
  tell({ ev: 'serving', saleId: 's', serving: 5 });
  tell({ ev: 'notice', saleId: 's', text: 'soon' });
  await line.reserve();
  expect(called).toBe('');
  tell({ ev: 'serving', saleId: 's', serving: 6 });
  await expect.poll(() => called).toBe('called');
});

it('knows its turn where the broadcast was faster than the ticket', async () => {
  answer = (frame, socket) => {
    if (frame.op === 'join') socket.send(JSON.stringify({ ev: 'serving', saleId: 's', serving: 9 }));
    return usual[frame.op] ?? null;
  };
  await joined();
  expect(await line.waitForTurn()).toBe('called');
});

it('where turns are drawn it is called by name, whatever its index is', async () => {
  answer = (frame) =>
    frame.op === 'watch'
      ? { ev: 'sale', state: 'waiting', waitingRoom: { method: 'queue', serving: 0 } }
      : (usual[frame.op] ?? null);
  await joined();
  let called = '';
  void line.waitForTurn().then((how) => {
    called = how;
  });
  tell({ ev: 'serving', saleId: 's', serving: 900 });
  await line.reserve();
  expect(called).toBe('');
  tell({ ev: 'your_turn', saleId: 's', claimBy: null });
  await expect.poll(() => called).toBe('called');
});

it('stands by until a unit is offered, or everything is sold', async () => {
  await joined();
  expect(await line.reserve()).toEqual({ kind: 'standby' });
  tell({ ev: 'reserved', saleId: 's', reservation: { id: 'rsv_1' } });
  expect(await line.waitForUnit()).toBe('try_again');
  expect(await line.reserve()).toEqual({ kind: 'standby' });
  tell({ ev: 'state', saleId: 's', state: 'sold_out' });
  expect(await line.waitForUnit()).toBe('over');
});

it('hears the outcome of a payment that is pushed before it is asked for', async () => {
  answer = (frame, socket) => {
    if (frame.op === 'pay')
      socket.send(JSON.stringify({ ev: 'order', orderId: 'ord_1', status: 'confirmed' }));
    return usual[frame.op] ?? null;
  };
  await joined();
  expect(await line.pay(payment)).toEqual({ kind: 'pending', orderId: 'ord_1' });
  expect(await line.waitForOutcome()).toEqual({ kind: 'confirmed', orderId: 'ord_1' });
});

it('hears what the bank asks once, and then the outcome', async () => {
  await joined();
  await line.pay(payment);
  const nextAction = { type: 'redirect', url: 'http://bank/3ds/pi_1' };
  tell({ ev: 'order', orderId: 'ord_1', status: 'requires_action', nextAction });
  expect(await line.waitForOutcome()).toEqual({
    kind: 'asked_by_bank',
    orderId: 'ord_1',
    url: nextAction.url,
  });
  tell({ ev: 'order', orderId: 'ord_1', status: 'confirmed' });
  expect(await line.waitForOutcome()).toEqual({ kind: 'confirmed', orderId: 'ord_1' });
});

it('comes back after a lost socket, with the same ticket, and repeats what was not answered', async () => {
  answer = (frame) => (frame.op === 'reserve' && sockets.length === 1 ? null : (usual[frame.op] ?? null));
  await joined();
  const reserved = line.reserve();
  await expect.poll(ops).toContain('reserve');
  sockets[0]?.terminate();
  expect(await reserved).toEqual({ kind: 'standby' });
  expect(sockets).toHaveLength(2);
  expect(ops()).toEqual(['auth', 'watch', 'join', 'reserve', 'auth', 'watch', 'join', 'reserve']);
  expect(heard[7]).toEqual(heard[3]);
  expect(await line.waitForUnit()).toBe('try_again');
  expect(tally.result().incidents).toMatchObject({ lostConnections: 1, askedAgain: 1 });
  expect(broken).toEqual([]);
});

it('watches anew after a lost socket where it has no ticket yet', async () => {
  answer = (frame) => (frame.op === 'join' && sockets.length === 1 ? null : (usual[frame.op] ?? null));
  await line.open();
  const joining = line.join();
  await expect.poll(ops).toContain('join');
  sockets[0]?.terminate();
  expect(await joining).toMatchObject({ kind: 'ticket' });
  await expect.poll(ops).toEqual(['auth', 'watch', 'join', 'auth', 'watch', 'join']);
});

it('is broken by another index after coming back', async () => {
  answer = (frame) =>
    frame.op === 'join' ? { ...usual.join, index: sockets.length } : (usual[frame.op] ?? null);
  await joined();
  sockets[0]?.terminate();
  await expect.poll(() => broken).toEqual(['joining again gave index 2 instead of 1']);
});

it.each([
  ['a frame that is none', () => sockets[0]?.send('hello'), 'a frame was no JSON object with ev'],
  [
    'an error that answers nothing',
    () => tell({ ev: 'error', code: 'invalid_request' }),
    'an error without ref: invalid_request',
  ],
  ['being thrown out', () => sockets[0]?.close(4429), 'the server closed the socket with 4429'],
])('is broken by %s', async (_, misbehave, reason) => {
  await joined();
  misbehave();
  await expect.poll(() => broken).toEqual([reason]);
});

it('tries the door again while nobody opens', async () => {
  let refusals = 2;
  answer = (frame) => {
    if (frame.op === 'auth' && refusals-- > 0) return { ev: 'error', code: 'overloaded', retryable: true };
    return usual[frame.op] ?? null;
  };
  await joined();
  expect(sockets).toHaveLength(3);
});
