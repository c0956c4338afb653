import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

const stockOf = async (saleId: string) => {
  const { body } = await house.operate('GET', `/api/v1/admin/sales/${saleId}/audit`);
  const { available, held, paying, sold } = body.items[0];
  return { available, held, paying, sold };
};

describe('a sale with a waiting room', () => {
  test('join, be called, reserve, pay, and find the order', async () => {
    const saleId = await house.sale({ method: 'fifo', units: 2 });
    const joined = await house.ask('POST', `/sales/${saleId}/tickets`, { as: 'ana' });
    expect(joined).toMatchObject({ status: 201, body: { saleId, index: 0 } });
    const again = await house.ask('POST', `/sales/${saleId}/tickets`, { as: 'ana', body: {} });
    expect(again.status).toBe(200);
    expect(again.body.ticket).toBe(joined.body.ticket);

    const called = await house.until(
      () => house.ask('GET', `/sales/${saleId}/tickets/me`, { as: 'ana' }),
      ({ body }) => body.state === 'your_turn',
    );
    expect(called.body).toMatchObject({ index: 0, turn: 0, ahead: 0 });
    expect(called.body.claimBy).toMatch(/^\d{4}-.*\.\d{3}Z$/);
    expect(Number(called.headers['retry-after'])).toBeGreaterThan(0);

    const { ticket } = joined.body;
    const reserved = await house.reserve(saleId, 'ana', 1, ticket);
    expect(reserved.status).toBe(201);
    expect(reserved.body).toMatchObject({
      reservation: { saleId, state: 'held', items: [{ sku: 'ps5', quantity: 1 }] },
      total: { amount: 49_900, currency: 'USD' },
    });
    expect(reserved.headers.location).toBe(`/api/v1/reservations/${reserved.body.reservation.id}`);
    const repeated = await house.reserve(saleId, 'ana', 1, ticket);
    expect(repeated.status).toBe(200);
    expect(repeated.body.reservation.id).toBe(reserved.body.reservation.id);
    expect(await house.reserve(saleId, 'ana', 2, ticket)).toMatchObject({
      status: 409,
      body: { code: 'reservation_exists' },
    });

    const { checkoutId } = reserved.body;
    expect(await house.ask('GET', `/checkout/${checkoutId}`, { as: 'ana' })).toMatchObject({
      status: 200,
      body: { checkoutId, total: { amount: 49_900, currency: 'USD' } },
    });
    const paid = await house.pay(checkoutId, 'ana', 'k1', 'tok_visa', { prefer: 'wait=10' });
    expect(paid).toMatchObject({
      status: 201,
      body: { status: 'confirmed', paymentStatus: 'captured', total: { amount: 49_900, currency: 'USD' } },
    });
    expect(paid.headers['preference-applied']).toBe('wait=10');
    const { orderId } = paid.body;
    expect(await house.ask('GET', `/orders/${orderId}`, { as: 'ana' })).toMatchObject({
      status: 200,
      body: { orderId, status: 'confirmed', paymentStatus: 'captured', saleId },
    });
    const orders = await house.ask('GET', '/orders?limit=1', { as: 'ana' });
    expect(orders.body.data.map((order: { orderId: string }) => order.orderId)).toEqual([orderId]);
    expect(await house.ask('GET', `/sales/${saleId}/tickets/me`, { as: 'ana' })).toMatchObject({
      body: { state: 'bought' },
    });
  });

  test('the ticket of whoever stands by for more than is left says so, and is good for what is left', async () => {
    const saleId = await house.sale({ method: 'fifo', units: 3 });
    const join = async (as: string) => {
      const { body } = await house.ask('POST', `/sales/${saleId}/tickets`, { as });
      return body.ticket as string;
    };
    const [anas, beas] = [await join('ana'), await join('bea')];
    const ticketOfBea = () => house.ask('GET', `/sales/${saleId}/tickets/me`, { as: 'bea' });
    await house.until(ticketOfBea, ({ body }) => body.state === 'your_turn');
    const { body } = await house.reserve(saleId, 'ana', 2, anas);
    expect(await house.reserve(saleId, 'bea', 2, beas)).toMatchObject({ status: 202 });
    expect((await ticketOfBea()).body.state).toBe('standby');

    await house.pay(body.checkoutId, 'ana', 'two of three', 'tok_visa', { prefer: 'wait=20' });
    await house.until(ticketOfBea, (answer) => answer.body.state === 'sold_out');
    expect(await house.reserve(saleId, 'bea', 2, beas)).toMatchObject({
      status: 410,
      body: { code: 'sold_out' },
    });
    expect((await house.reserve(saleId, 'bea', 1, beas)).status).toBe(201);
    expect((await ticketOfBea()).body.state).toBe('reserved');
  });

  test('whoever comes too early, with a false ticket or with none is sent away', async () => {
    const saleId = await house.sale({ method: 'fifo', units: 1, perMinute: 1 });
    const [first, second] = [
      await house.ask('POST', `/sales/${saleId}/tickets`, { as: 'first' }),
      await house.ask('POST', `/sales/${saleId}/tickets`, { as: 'second' }),
    ];
    const { ticket } = second.body;
    const early = await house.reserve(saleId, 'second', 1, ticket);
    expect(early).toMatchObject({ status: 409, body: { code: 'not_your_turn', retryable: true } });
    expect(early.body.ahead).toBeGreaterThanOrEqual(0);
    expect(Number(early.headers['retry-after'])).toBeGreaterThan(0);
    const altered = ticket.slice(0, -2) + (ticket.at(-2) === 'A' ? 'B' : 'A') + ticket.at(-1);
    expect(await house.reserve(saleId, 'second', 1, altered)).toMatchObject({
      status: 401,
      body: { code: 'ticket_invalid' },
    });
    expect(await house.reserve(saleId, 'second', 1, first.body.ticket)).toMatchObject({
      status: 403,
      body: { code: 'ticket_not_yours' },
    });
    expect(await house.reserve(saleId, 'second')).toMatchObject({ status: 422, body: { field: 'ticket' } });
    const asLogin = await house.ask('GET', '/orders', { headers: { authorization: `Bearer ${ticket}` } });
    expect(asLogin).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    expect(await house.ask('DELETE', `/sales/${saleId}/tickets/me`, { as: 'second' })).toMatchObject({
      status: 204,
      body: '',
    });
    const again = await house.ask('DELETE', `/sales/${saleId}/tickets/me`, { as: 'second' });
    expect(again.status).toBe(204);
    const never = await house.ask('DELETE', `/sales/${saleId}/tickets/me`, { as: 'third' });
    expect(never).toMatchObject({ status: 404, body: { code: 'ticket_not_found' } });
    expect(await house.ask('GET', `/sales/${saleId}/tickets/me`, { as: 'third' })).toMatchObject({
      status: 404,
      body: { code: 'ticket_not_found' },
    });
    expect(await stockOf(saleId)).toEqual({ available: 1, held: 0, paying: 0, sold: 0 });
  });
});

describe('a sale without a waiting room', () => {
  test('joining it is refused, and so are sales and units that there are not', async () => {
    const saleId = await house.sale({ units: 1 });
    expect(await house.ask('POST', `/sales/${saleId}/tickets`, { as: 'ana' })).toMatchObject({
      status: 409,
      body: { code: 'no_waiting_room' },
    });
    for (const unknown of ['no-such-sale', 'No%20Such%20Sale', '%00']) {
      expect(await house.ask('GET', `/sales/${unknown}`)).toMatchObject({
        status: 404,
        body: { code: 'sale_not_found' },
      });
      expect((await house.reserve(unknown, 'ana')).status).toBe(404);
    }
    const body = { items: [{ sku: 'ps6', quantity: 1 }] };
    expect(await house.ask('POST', `/sales/${saleId}/reservations`, { as: 'ana', body })).toMatchObject({
      status: 404,
      body: { code: 'sku_not_found' },
    });
  });

  test('nothing that is malformed takes a unit', async () => {
    const saleId = await house.sale({ units: 1 });
    const path = `/sales/${saleId}/reservations`;
    const item = (quantity: unknown) => ({ items: [{ sku: 'ps5', quantity }] });
    const cases: [object | string, number, string | undefined][] = [
      ['{"items":', 400, undefined],
      [{ ...item(1), colour: 'red' }, 422, 'colour'],
      [{}, 422, 'items'],
      [{ items: 'ps5' }, 422, 'items'],
      [item(0), 422, 'items.0.quantity'],
      [item(-1), 422, 'items.0.quantity'],
      [item(1e18), 422, 'items.0.quantity'],
      [item(1.5), 422, 'items.0.quantity'],
      ['x'.repeat(1_000_000), 413, undefined],
    ];
    for (const [body, status, field] of cases) {
      const answer = await house.ask('POST', path, { as: 'ana', body });
      expect([answer.status, answer.body.field]).toEqual([status, field]);
      expect(answer.headers['content-type']).toBe('application/problem+json');
    }
    expect((await house.ask('POST', path, { body: item(1) })).status).toBe(401);
    const expired = await house.ask('POST', path, {
      body: item(1),
      headers: { authorization: 'Bearer x.y.z' },
    });
    expect(expired.status).toBe(401);
    expect(await stockOf(saleId)).toEqual({ available: 1, held: 0, paying: 0, sold: 0 });
  });

  test('the limit per buyer, standby, release and what a release makes free', async () => {
    const saleId = await house.sale({ units: 2, perBuyerLimit: 2 });
    expect(await house.reserve(saleId, 'ana', 3)).toMatchObject({
      status: 409,
      body: { code: 'buyer_limit_reached', limit: 2 },
    });
    const held = await house.reserve(saleId, 'ana', 2);
    expect(held.status).toBe(201);
    const standby = await house.reserve(saleId, 'bea');
    expect(standby).toMatchObject({ status: 202, body: { state: 'standby', ahead: 0 } });
    expect(standby.headers['retry-after']).toBe('5');

    const { id } = held.body.reservation;
    expect((await house.ask('GET', `/reservations/${id}`, { as: 'ana' })).body).toMatchObject({
      id,
      state: 'held',
    });
    expect(await house.ask('DELETE', `/reservations/${id}`, { as: 'bea' })).toMatchObject({
      status: 404,
      body: { code: 'reservation_not_found' },
    });
    expect(await house.ask('DELETE', `/reservations/${id}`, { as: 'ana' })).toMatchObject({ status: 204 });
    expect((await house.ask('GET', `/reservations/${id}`, { as: 'ana' })).body).toMatchObject({
      state: 'released',
    });
    const given = await house.until(
      () => house.reserve(saleId, 'bea'),
      ({ status }) => status === 200 || status === 201,
    );
    expect(given.body.reservation.state).toBe('held');
  });

  test('a reservation that was paid is not released, and names its order', async () => {
    const saleId = await house.sale();
    const { body } = await house.reserve(saleId, 'ana');
    const { id } = body.reservation;
    const paid = await house.pay(body.checkoutId, 'ana', body.checkoutId, 'tok_visa', { prefer: 'wait=20' });
    const { orderId } = paid.body;
    expect(orderId).toMatch(/^ord_/);
    // Redis hears of it a moment after the order was committed.
    const refused = await house.until(
      () => house.ask('DELETE', `/reservations/${id}`, { as: 'ana' }),
      (answer) => answer.body.code !== 'payment_in_progress',
    );
    expect(refused).toMatchObject({ status: 409, body: { code: 'already_paid', orderId } });
    const socket = await SocketClient.open(house.port, { token: tokenFor('ana') });
    expect(await socket.ask({ op: 'release', reservationId: id })).toMatchObject({
      ev: 'error',
      code: 'already_paid',
      orderId,
    });
    socket.close();
  });

  test('a hold is extended once, and the repeat of that request is answered again', async () => {
    const saleId = await house.sale({ units: 3, extendSeconds: 45 });
    const held = await house.reserve(saleId, 'ana');
    const { id, expiresAt } = held.body.reservation;
    const extend = (requestId: string, as = 'ana') =>
      house.ask('POST', `/reservations/${id}/extend`, { as, headers: { 'x-request-id': requestId } });
    expect(await extend('r1', 'bea')).toMatchObject({ status: 404, body: { code: 'reservation_not_found' } });
    const extended = await extend('r1');
    expect(extended).toMatchObject({
      status: 200,
      body: { reservation: { id, state: 'held' }, checkoutId: held.body.checkoutId, total: held.body.total },
    });
    const { reservation, purchaseToken } = extended.body;
    expect(Date.parse(reservation.expiresAt) - Date.parse(expiresAt)).toBe(45_000);
    expect(purchaseToken).not.toBe(held.body.purchaseToken);
    expect((await extend('r1')).body).toEqual(extended.body);
    expect(await extend('r2')).toMatchObject({ status: 409, body: { code: 'extension_not_allowed' } });
    // The token from before the extension still pays.
    const paid = await house.ask('POST', `/checkout/${held.body.checkoutId}/pay`, {
      as: 'ana',
      body: { purchaseToken: held.body.purchaseToken, paymentMethod: 'card', paymentToken: 'tok_visa' },
      headers: { 'idempotency-key': 'extended', prefer: 'wait=10' },
    });
    expect(paid.status).toBe(201);
    expect(await extend('r2')).toMatchObject({ status: 409, body: { code: 'already_paid' } });
    const plain = await house.reserve(await house.sale(), 'ana');
    expect(
      await house.ask('POST', `/reservations/${plain.body.reservation.id}/extend`, { as: 'ana' }),
    ).toMatchObject({ status: 409, body: { code: 'extension_not_allowed' } });
  });

  test('a hold that is not paid lapses, and its units come back', async () => {
    const saleId = await house.sale({ units: 1, holdSeconds: 1 });
    const { body } = await house.reserve(saleId, 'ana');
    await house.until(
      () => house.ask('GET', `/reservations/${body.reservation.id}`, { as: 'ana' }),
      (answer) => answer.body.state === 'expired',
    );
    expect(await house.pay(body.checkoutId, 'ana', 'late')).toMatchObject({
      status: 410,
      body: { code: 'reservation_expired' },
    });
    expect((await house.reserve(saleId, 'bea')).status).toBe(201);
  });

  test('what belongs to another buyer is not there', async () => {
    const saleId = await house.sale({ units: 1 });
    const { body } = await house.reserve(saleId, 'ana');
    const asBea = { as: 'bea' };
    expect((await house.ask('GET', `/reservations/${body.reservation.id}`, asBea)).status).toBe(404);
    expect((await house.ask('GET', `/checkout/${body.checkoutId}`, asBea)).status).toBe(404);
    expect(await house.pay(body.checkoutId, 'bea', 'k')).toMatchObject({
      status: 404,
      body: { code: 'checkout_not_found' },
    });
    const stolen = await house.ask('POST', `/checkout/${body.checkoutId}/pay`, {
      as: 'bea',
      headers: { 'idempotency-key': 'k' },
      body: { paymentMethod: 'card', paymentToken: 'tok_visa', purchaseToken: body.purchaseToken },
    });
    expect([403, 404]).toContain(stolen.status);
    const paid = await house.pay(body.checkoutId, 'ana', 'k', 'tok_visa', { prefer: 'wait=10' });
    expect(paid.status).toBe(201);
    expect((await house.ask('GET', `/orders/${paid.body.orderId}`, asBea)).body.code).toBe('order_not_found');
    expect((await house.ask('GET', '/orders', asBea)).body.data).toEqual([]);
    for (const id of ['nonsense', 'ord_1', '%ff']) {
      expect((await house.ask('GET', `/orders/${id}`, asBea)).status).toBe(404);
    }
  });
});
