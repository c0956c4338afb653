import { afterAll, beforeAll, expect, test } from 'vitest';
import { newReservationId } from '../../engine/contracts/ids.ts';
import { indices, openDoor, script, signs, tokenFor } from '../fixtures/door.ts';
import { SocketClient } from '../fixtures/socket-client.ts';
import type { SocketDoor } from './door.ts';

const reservationId = newReservationId(1);
let door: SocketDoor;
let port: number;
let close: () => void;

beforeAll(async () => {
  ({ door, port, close } = await openDoor());
});
afterAll(() => close());

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
  // What lapsed in general stock is of no sale.
  script.push({ ev: 'expired', buyerId: 'patient', saleId: '_general', reservationId });
  expect(await client.next('expired')).toEqual({ ev: 'expired', reservationId });
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
