import { afterAll, beforeAll, expect, test } from 'vitest';
import { type House, openHouse, tokenFor } from '../fixtures/house.ts';
import { SocketClient } from '../fixtures/socket-client.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

const items = [{ sku: 'ps5', quantity: 1 }];
const open = (as: string) => SocketClient.open(house.port, { token: tokenFor(as) });

test('join, be called, reserve and pay over the socket', async () => {
  const opensAt = new Date(Date.now() + 1_500).toISOString();
  const saleId = await house.sale({
    method: 'fifo',
    units: 2,
    opensAt,
    waitingOpensAt: '2026-01-01T00:00:00Z',
  });
  const client = await open('ana');
  expect(await client.ask({ op: 'watch', saleId })).toMatchObject({
    ev: 'sale',
    id: saleId,
    state: 'waiting',
  });
  const ticket = await client.ask({ op: 'join', saleId });
  expect(ticket).toMatchObject({ ev: 'ticket', saleId, index: 0, turn: null, state: 'waiting' });
  expect(await client.ask({ op: 'reserve', saleId, ticket: ticket.ticket, items })).toMatchObject({
    ev: 'error',
    code: 'sale_not_open',
  });

  expect(await client.next('opened')).toMatchObject({ saleId });
  expect(await client.next('state')).toEqual({ ev: 'state', saleId, state: 'open' });
  const called = await client.next('your_turn');
  expect(Date.parse(String(called.claimBy))).toBeGreaterThan(Date.now());
  expect(await client.next('serving')).toMatchObject({ saleId, serving: 1, remaining: 2 });

  const reserved = await client.ask({ op: 'reserve', saleId, ticket: ticket.ticket, items });
  expect(reserved).toMatchObject({
    ev: 'reserved',
    reservation: { state: 'held' },
    total: { amount: 49_900 },
  });
  const pay = {
    op: 'pay',
    checkoutId: reserved.checkoutId,
    purchaseToken: reserved.purchaseToken,
    paymentMethod: 'card',
    idempotencyKey: 'k1',
  };
  const declinedOrder = await client.ask({ ...pay, paymentToken: 'tok_declined' });
  expect(declinedOrder).toMatchObject({ ev: 'order', status: 'pending' });
  expect(await client.next('order')).toEqual({
    ev: 'order',
    orderId: declinedOrder.orderId,
    orderNumber: declinedOrder.orderNumber,
    status: 'pending',
    paymentStatus: 'declined',
    lastPaymentError: { code: 'payment_declined', declineCode: 'card_declined' },
  });
  expect(await client.ask({ ...pay, paymentToken: 'tok_declined' })).toMatchObject({
    ev: 'error',
    code: 'payment_declined',
    declineCode: 'card_declined',
  });
  const order = await client.ask({ ...pay, paymentToken: 'tok_visa', idempotencyKey: 'k2' });
  expect(order).toMatchObject({ ev: 'order', orderId: declinedOrder.orderId, status: 'pending' });
  expect(await client.next('order')).toMatchObject({
    orderId: order.orderId,
    status: 'confirmed',
    paymentStatus: 'captured',
  });
  expect(await house.ask('GET', `/orders/${order.orderId}`, { as: 'ana' })).toMatchObject({
    body: { status: 'confirmed' },
  });
  // The key is one thing on both transports.
  const overHttp = await house.pay(String(reserved.checkoutId), 'ana', 'k2', 'tok_visa');
  expect([overHttp.status, overHttp.headers['idempotency-replayed']]).toEqual([201, 'true']);
  expect((await house.pay(String(reserved.checkoutId), 'ana', 'k2', 'tok_3ds')).status).toBe(422);
  expect(await client.next(({ ev, remaining }) => ev === 'serving' && remaining === 1)).toMatchObject({
    saleId,
  });
  client.close();
});

test('whoever has a part to do at their bank is told where, and then what came of it', async () => {
  const saleId = await house.sale();
  const client = await open('bea');
  const reserved = await client.ask({ op: 'reserve', saleId, items });
  const pay = { op: 'pay', checkoutId: reserved.checkoutId, paymentMethod: 'card', paymentToken: 'tok_3ds' };
  const { orderId, orderNumber } = await client.ask({ ...pay, idempotencyKey: '3ds' });
  const sent = await client.next('order');
  expect(sent).toEqual({
    ev: 'order',
    orderId,
    orderNumber,
    status: 'requires_action',
    nextAction: { type: 'redirect', url: expect.any(String) },
  });
  const { ref: _, ...again } = await client.ask({ ...pay, idempotencyKey: '3ds' });
  expect(again).toEqual(sent);
  const { url } = sent.nextAction as { url: string };
  await fetch(`${url}/complete`, { method: 'POST' });
  expect(await client.next('order')).toMatchObject({
    orderId,
    status: 'confirmed',
    paymentStatus: 'captured',
  });
  client.close();
});

test.each(['is let go', 'lapses'])(
  'an order whose card is declined is told as failed once its hold %s',
  async (how) => {
    const lapses = how === 'lapses';
    const saleId = await house.sale({ holdSeconds: lapses ? 1 : 600 });
    const as = `gil ${how}`;
    const client = await open(as);
    const reserved = await client.ask({ op: 'reserve', saleId, items });
    const { orderId, orderNumber } = await client.ask({
      ...{ op: 'pay', checkoutId: reserved.checkoutId, paymentMethod: 'card', paymentToken: 'tok_declined' },
      idempotencyKey: how,
    });
    if (!lapses) {
      expect(await client.next('order')).toMatchObject({ status: 'pending', paymentStatus: 'declined' });
      await client.ask({ op: 'release', reservationId: (reserved.reservation as { id: string }).id });
    }
    expect(await client.next(({ ev, status }) => ev === 'order' && status === 'failed')).toEqual({
      ev: 'order',
      orderId,
      orderNumber,
      status: 'failed',
      paymentStatus: 'declined',
      lastPaymentError: { code: 'payment_declined', declineCode: 'card_declined' },
    });
    const shown = await house.until(
      () => house.ask('GET', `/orders/${orderId}`, { as }),
      ({ body }) => body.status === 'failed',
    );
    expect(shown.body.paymentStatus).toBe('declined');
    client.close();
  },
);

test('nothing is lost by a dropped connection', async () => {
  const saleId = await house.sale({ method: 'fifo', units: 1 });
  const first = await open('dora');
  const ticket = await first.ask({ op: 'join', saleId });
  await first.next('your_turn');
  first.ws.terminate();
  const second = await open('dora');
  expect(await second.ask({ op: 'join', saleId })).toMatchObject({
    ev: 'ticket',
    index: ticket.index,
    ticket: ticket.ticket,
  });
  expect(await second.next('your_turn')).toMatchObject({ saleId });
  second.close();
});

test('a lapsed hold goes to whoever stands by, and both are told', async () => {
  const saleId = await house.sale({ units: 1, holdSeconds: 1 });
  const [holder, waiter] = [await open('holder'), await open('waiter')];
  const held = await holder.ask({ op: 'reserve', saleId, items });
  expect(held.ev).toBe('reserved');
  expect(await waiter.ask({ op: 'reserve', saleId, items })).toMatchObject({ ev: 'standby', ahead: 0 });
  const { id } = held.reservation as { id: string };
  expect(await holder.next('expired')).toEqual({
    ev: 'expired',
    saleId,
    reservationId: id,
  });
  const offered = await waiter.next('reserved');
  expect(offered).toMatchObject({ reservation: { saleId, state: 'held' } });
  const { id: offeredId } = offered.reservation as { id: string };
  expect(await waiter.ask({ op: 'release', reservationId: offeredId })).toMatchObject({
    ev: 'released',
    reservationId: offeredId,
  });
  holder.close();
  waiter.close();
});

test('what the operator does reaches the watchers', async () => {
  const saleId = await house.sale({ units: 3 });
  const watcher = await SocketClient.open(house.port);
  await watcher.ask({ op: 'watch', saleId });
  const admin = (step: string, body?: object) =>
    house.operate('POST', `/api/v1/admin/sales/${saleId}/${step}`, body ? { body } : {});
  expect(await admin('messages', { text: 'hello' })).toMatchObject({ status: 204 });
  expect(await watcher.next('notice')).toEqual({ ev: 'notice', saleId, text: 'hello' });
  expect(await admin('pause')).toMatchObject({ status: 200, body: { saleId, state: 'paused' } });
  expect(await watcher.next('state')).toEqual({ ev: 'state', saleId, state: 'paused' });
  const buyer = await open('eve');
  expect(await buyer.ask({ op: 'reserve', saleId, items })).toMatchObject({
    ev: 'error',
    code: 'sale_paused',
    retryable: true,
  });
  expect(await admin('resume')).toMatchObject({ status: 200, body: { state: 'open' } });
  expect(await watcher.next('state')).toMatchObject({ state: 'open' });
  expect(await admin('close')).toMatchObject({ status: 200, body: { state: 'closed' } });
  expect(await watcher.next('state')).toMatchObject({ state: 'closed' });
  expect(await buyer.ask({ op: 'reserve', saleId, items })).toMatchObject({
    ev: 'error',
    code: 'sale_closed',
  });
  watcher.close();
  buyer.close();
});
