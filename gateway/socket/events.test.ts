import { afterAll, beforeAll, expect, test } from 'vitest';
import { newReservationId } from '../../engine/contracts/ids.ts';
import {
  damaged,
  holds,
  indices,
  looks,
  openDoor,
  script,
  signs,
  standing,
  takenElsewhere,
  tokenFor,
} from '../fixtures/door.ts';
import { SocketClient } from '../fixtures/socket-client.ts';
import type { SocketDoor } from './door.ts';

const reservationId = newReservationId(1);
let door: SocketDoor;
let port: number;
let close: () => void;
/** What the door logged. */
const failures: string[] = [];

beforeAll(async () => {
  const log = {
    error: (details: object, message: string) => {
      failures.push(message);
      if (damaged.size === 0) console.error(details);
    },
  };
  ({ door, port, close } = await openDoor({ log }));
});
afterAll(() => close());

/** The turns that were called on a socket so far. */
async function calledOn(client: SocketClient) {
  await client.ask({ op: 'ping' });
  return client.rest.filter(({ ev }) => ev === 'your_turn');
}

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

test('a place that was taken elsewhere is called on the sockets that watch, whichever came first', async () => {
  const call = { ev: 'your_turn', saleId: 'room', claimBy: '2026-11-27T12:00:00.000Z' };
  const [before, after, told, stranger] = (await Promise.all(
    ['before', 'after', 'told', 'stranger'].map(() => SocketClient.open(port)),
  )) as [SocketClient, SocketClient, SocketClient, SocketClient];
  takenElsewhere.set('room before', 0).set('room after', 1);
  // Some log in and watch, others watch and log in.
  await before.ask({ op: 'auth', token: tokenFor('before') });
  await before.ask({ op: 'watch', saleId: 'room' });
  await after.ask({ op: 'watch', saleId: 'room' });
  await after.ask({ op: 'auth', token: tokenFor('after') });
  // And some take their place, at whatever gateway, when they do both already.
  for (const [client, sub] of [
    [told, 'told'],
    [stranger, 'stranger'],
  ] as const) {
    await client.ask({ op: 'auth', token: tokenFor(sub) });
    await client.ask({ op: 'watch', saleId: 'room' });
  }
  script.tell({ news: 'place', buyerId: 'told', saleId: 'room', index: 2 });
  script.tell({ news: 'place', buyerId: 'nobody here', saleId: 'room', index: 3 });

  script.change('room', { state: 'open' });
  script.change('room', { serving: 2 });
  expect(await calledOn(before)).toEqual([call]);
  expect(await calledOn(after)).toEqual([call]);
  expect(await calledOn(told)).toEqual([]);
  script.change('room', { serving: 3 });
  expect(await calledOn(told)).toEqual([call]);

  // Whoever comes back after the call is told again, on that socket.
  const back = await SocketClient.open(port, { token: tokenFor('before') });
  await back.ask({ op: 'watch', saleId: 'room' });
  for (const client of [back, before, after, told]) {
    expect(await calledOn(client)).toEqual([call]);
    client.close();
  }
  expect(await calledOn(stranger)).toEqual([]);
  stranger.close();
});

test('a place that was given up elsewhere is not called, and the next one of that buyer is', async () => {
  takenElsewhere.set('room leaver', 10);
  const client = await SocketClient.open(port, { token: tokenFor('leaver') });
  await client.ask({ op: 'watch', saleId: 'room' });
  script.tell({ news: 'place', buyerId: 'leaver', saleId: 'room', index: null });
  script.change('room', { serving: 11 });
  expect(await calledOn(client)).toEqual([]);
  script.tell({ news: 'place', buyerId: 'leaver', saleId: 'room', index: 12 });
  script.change('room', { serving: 13 });
  expect(await calledOn(client)).toMatchObject([{ saleId: 'room' }]);
  client.close();
});

test('a place is looked up once a watcher, again where Redis was away, and never in a tick', async () => {
  looks.buyers.length = 0;
  const clients = await Promise.all(
    Array.from({ length: 20 }, async (_, n) => {
      takenElsewhere.set(`room crowd-${n}`, 1_000 + n);
      const client = await SocketClient.open(port, { token: tokenFor(`crowd-${n}`) });
      await client.ask({ op: 'watch', saleId: 'room' });
      return client;
    }),
  );
  for (let serving = 100; serving < 150; serving += 1) script.change('room', { serving });
  await Promise.all(clients.map((client) => client.ask({ op: 'watch', saleId: 'room' })));
  await door.speakForTheWaiting();
  expect(looks.buyers.toSorted()).toEqual(clients.map((_, n) => `crowd-${n}`).toSorted());

  looks.isFailing = true;
  takenElsewhere.set('room unlucky', 2_000);
  const unlucky = await SocketClient.open(port, { token: tokenFor('unlucky') });
  await unlucky.ask({ op: 'watch', saleId: 'room' });
  await unlucky.ask({ op: 'ping' });
  looks.isFailing = false;
  await door.speakForTheWaiting();
  script.change('room', { serving: 3_000 });
  expect(await calledOn(unlucky)).toMatchObject([{ saleId: 'room' }]);
  for (const client of [...clients, unlucky]) client.close();
});

test('a place that could not be looked up is looked up once, and for whoever still watches', async () => {
  looks.isFailing = true;
  const [back, gone, away] = (await Promise.all(
    ['back', 'gone', 'away'].map((sub, n) => {
      takenElsewhere.set(`room ${sub}`, 2_100 + n);
      return SocketClient.open(port, { token: tokenFor(sub) });
    }),
  )) as [SocketClient, SocketClient, SocketClient];
  for (const client of [back, gone]) {
    for (let round = 0; round < 10; round += 1) {
      await client.ask({ op: 'watch', saleId: 'room' });
      await client.ask({ op: 'unwatch', saleId: 'room' });
    }
  }
  await back.ask({ op: 'watch', saleId: 'room' });
  await away.ask({ op: 'watch', saleId: 'room' });
  for (const client of [back, away]) await client.ask({ op: 'ping' });
  const sockets = door.openCount;
  away.close();
  await expect.poll(() => door.openCount).toBe(sockets - 1);
  looks.buyers.length = 0;
  await door.speakForTheWaiting();
  expect(looks.buyers).toEqual(['back']);
  // Nor does it grow by looks that fail again.
  await door.speakForTheWaiting();
  looks.isFailing = false;
  await door.speakForTheWaiting();
  await door.speakForTheWaiting();
  expect(looks.buyers).toEqual(['back', 'back', 'back']);
  for (const client of [back, gone]) client.close();
});

test('what a buyer holds is told on their other sockets, and once on each', async () => {
  const [asking, phone] = (await Promise.all(
    ['keeper', 'keeper'].map((sub) => SocketClient.open(port, { token: tokenFor(sub) })),
  )) as [SocketClient, SocketClient];
  const reservation = {
    id: newReservationId(1),
    saleId: 'till',
    buyerId: 'keeper',
    state: 'held' as const,
    items: [{ sku: 'ps5', quantity: 1 }],
    deadlineMs: Date.parse('2026-11-27T12:00:10.000Z'),
    turn: null,
  };
  const news = { news: 'held', buyerId: 'keeper', saleId: 'till', reservation } as const;
  holds.set('keeper', reservation);
  const answer = await asking.ask({ op: 'reserve', saleId: 'till', items: reservation.items });
  script.tell(news);
  script.tell(news);
  const { ref: _, ...body } = answer;
  expect(body).toMatchObject({ ev: 'reserved', reservation: { id: reservation.id } });
  for (const [client, told] of [
    [asking, []],
    [phone, [body]],
  ] as const) {
    await client.ask({ op: 'ping' });
    expect(client.rest).toEqual(told);
    client.close();
  }
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

test('a socket speaks for whoever may be on standby, until there is no socket', async () => {
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

  script.push({ ev: 'expired', buyerId: 'patient', saleId: 'till', reservationId });
  expect(await client.next('expired')).toEqual({ ev: 'expired', saleId: 'till', reservationId });
  // What lapsed in general stock is of no sale.
  script.push({ ev: 'expired', buyerId: 'patient', saleId: '_general', reservationId });
  expect(await client.next('expired')).toEqual({ ev: 'expired', reservationId });
  signs.length = 0;
  await door.speakForTheWaiting();
  expect(signs.flat()).toContain('patient');

  client.close();
  await expect
    .poll(async () => {
      signs.length = 0;
      await door.speakForTheWaiting();
      return signs.flat();
    })
    .not.toContain('patient');
});

test('in the next epoch whoever may still use a turn is told again until when', async () => {
  indices.clear();
  script.change('till', { serving: 0 });
  const [ana, bea] = (await Promise.all(
    ['ana', 'bea'].map((sub) => SocketClient.open(port, { token: tokenFor(sub) })),
  )) as [SocketClient, SocketClient];
  for (const client of [ana, bea]) await client.ask({ op: 'join', saleId: 'till' });
  script.change('till', { serving: 1 });
  await ana.next('your_turn');
  script.change('till', { epoch: 2 });
  expect(await ana.next('your_turn')).toMatchObject({ saleId: 'till', claimBy: expect.any(String) });
  script.change('till', { nowMs: 5 });
  expect(await calledOn(ana)).toEqual([]);
  expect(await calledOn(bea)).toEqual([]);
  for (const client of [ana, bea]) client.close();
});

test('in a sale without a waiting room, a socket that watches speaks for who stood by over one that was lost', async () => {
  const [patient, stranger] = (await Promise.all(
    ['patient', 'stranger'].map((sub) => SocketClient.open(port, { token: tokenFor(sub) })),
  )) as [SocketClient, SocketClient];
  standing.add('patient');
  for (const client of [patient, stranger]) await client.ask({ op: 'watch', saleId: 'counter' });
  await expect
    .poll(async () => {
      signs.length = 0;
      await door.speakForTheWaiting();
      return signs.flat();
    })
    .toEqual(['patient']);
  standing.clear();
  for (const client of [patient, stranger]) client.close();
});

test('a socket that joined speaks for a buyer who gave a unit back, and stands by over HTTP', async () => {
  const items = [{ sku: 'ps5', quantity: 1 }];
  indices.clear();
  script.change('till', { serving: 0 });
  const client = await SocketClient.open(port, { token: tokenFor('returner') });
  await client.ask({ op: 'join', saleId: 'till' });
  script.change('till', { serving: 1 });
  await client.next('your_turn');
  const reservation = {
    id: newReservationId(1),
    saleId: 'till',
    buyerId: 'returner',
    state: 'held' as const,
    items,
    deadlineMs: Date.parse('2026-11-27T12:00:10.000Z'),
    turn: 0,
  };
  holds.set('returner', reservation);
  expect(await client.ask({ op: 'reserve', saleId: 'till', items })).toMatchObject({ ev: 'reserved' });
  // What is reserved at another gateway is told here, too.
  script.tell({ news: 'held', buyerId: 'returner', saleId: 'till', reservation });
  expect(await client.ask({ op: 'release', reservationId: reservation.id })).toMatchObject({
    ev: 'released',
  });
  signs.length = 0;
  await door.speakForTheWaiting();
  expect(signs.flat()).toContain('returner');
  client.close();
});

test('a damaged sale is told of, and silences the standbys of no other', async () => {
  const items = [{ sku: 'ps5', quantity: 1 }];
  const client = await SocketClient.open(port, { token: tokenFor('patient') });
  script.change('ps5', { standby: 1 });
  for (const saleId of ['till', 'ps5']) await client.ask({ op: 'reserve', saleId, items });
  for (const saleId of ['till', 'ps5']) {
    damaged.add(saleId);
    signs.length = 0;
    failures.length = 0;
    await door.speakForTheWaiting();
    damaged.delete(saleId);
    expect(signs.flat().filter((buyerId) => buyerId === 'patient')).toHaveLength(1);
    expect(failures).toEqual([`a socket's business failed: a key of ${saleId} is lost`]);
  }
  script.change('ps5', { standby: 0 });
  client.close();
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
  script.push({
    ev: 'order',
    buyerId: 'ana',
    orderId: 'ord_1',
    orderNumber: 'A',
    paymentId: 'pay_2',
    status: 201,
    body: confirmed,
  });
  expect(await client.next('order')).toEqual({ ev: 'order', ...confirmed });
  const body = { code: 'payment_declined', declineCode: 'card_declined' };
  const of = { ev: 'order', buyerId: 'ana', orderId: 'ord_1', orderNumber: 'A' } as const;
  script.push({ ...of, paymentId: 'pay_1', status: 402, body });
  expect(await client.next('order')).toEqual({
    ev: 'order',
    orderId: 'ord_1',
    orderNumber: 'A',
    status: 'pending',
    paymentStatus: 'declined',
    lastPaymentError: { code: 'payment_declined', declineCode: 'card_declined' },
  });
  for (const paymentId of ['pay_1', 'pay_2'] as const) {
    script.push({ ...of, paymentId, status: 402, body, hasFailed: true });
  }
  expect(await client.next('order')).toMatchObject({ status: 'failed', paymentStatus: 'declined' });
  // Of an order that has failed nobody says any more that it can be paid.
  script.push({ ...of, paymentId: 'pay_2', status: 402, body });
  script.push({ ...of, paymentId: 'pay_3', status: 410, body: { code: 'reservation_expired' } });
  expect(await client.next('order')).toEqual({
    ev: 'order',
    orderId: 'ord_1',
    orderNumber: 'A',
    status: 'failed',
    paymentStatus: 'captured',
    lastPaymentError: { code: 'reservation_expired' },
  });
  client.close();
});

test('an outcome that is pushed again is told once on each socket, and every outcome is', async () => {
  const [client, phone] = [
    await SocketClient.open(port, { token: tokenFor('bea') }),
    await SocketClient.open(port, { token: tokenFor('bea') }),
  ];
  const push = (paymentId: `pay_${string}`, status: number, body: Record<string, unknown>) =>
    script.push({
      ...{ ev: 'order', buyerId: 'bea', orderId: 'ord_1', orderNumber: 'A' },
      ...{ paymentId, status, body },
    });
  const asked = { orderId: 'ord_1', orderNumber: 'A', status: 'requires_action' };
  const nextAction = { type: 'redirect', url: 'https://bank.example/' };
  const declined = { code: 'payment_declined', declineCode: 'card_declined' };
  const paid = { orderId: 'ord_1', orderNumber: 'A', status: 'confirmed' };
  // Two cards in a row are declined with the very same words.
  for (const paymentId of ['pay_1', 'pay_2'] as const) {
    push(paymentId, 202, { ...asked, nextAction });
    for (let times = 0; times < 3; times += 1) push(paymentId, 402, declined);
  }
  for (let times = 0; times < 3; times += 1) push('pay_3', 201, paid);
  const late = await SocketClient.open(port, { token: tokenFor('bea') });
  push('pay_3', 201, paid);
  for (const [socket, statuses] of [
    [client, ['requires_action', 'pending', 'requires_action', 'pending', 'confirmed']],
    [phone, ['requires_action', 'pending', 'requires_action', 'pending', 'confirmed']],
    [late, ['confirmed']],
  ] as const) {
    await socket.ask({ op: 'ping' });
    expect(socket.rest.map(({ status }) => status)).toEqual(statuses);
    socket.close();
  }
});
