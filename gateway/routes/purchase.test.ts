import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type House, openHouse, tokenFor } from '../fixtures/house.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
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
    const cases: [unknown, number, string | undefined][] = [
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

describe('paying', () => {
  const heldBy = async (as: string) => {
    const saleId = await house.sale({ units: 1 });
    const { body } = await house.reserve(saleId, as);
    return { saleId, checkoutId: body.checkoutId as string };
  };

  test('a key is asked for, and means one thing', async () => {
    const { checkoutId } = await heldBy('ana');
    const body = { paymentMethod: 'card', paymentToken: 'tok_visa' };
    expect(await house.ask('POST', `/checkout/${checkoutId}/pay`, { as: 'ana', body })).toMatchObject({
      status: 400,
      body: { code: 'idempotency_key_required' },
    });
    const first = await house.pay(checkoutId, 'ana', 'one thing');
    expect(first).toMatchObject({ status: 202, body: { status: 'pending' } });
    expect(first.headers.location).toBe(`/api/v1/orders/${first.body.orderId}`);
    const settled = await house.until(
      () => house.pay(checkoutId, 'ana', 'one thing'),
      ({ status }) => status === 201,
    );
    expect(settled.headers['idempotency-replayed']).toBe('true');
    expect(settled.body.orderId).toBe(first.body.orderId);
    expect(await house.pay(checkoutId, 'ana', 'one thing', 'tok_declined')).toMatchObject({
      status: 422,
      body: { code: 'idempotency_key_reused' },
    });
    expect(await house.pay(checkoutId, 'ana', 'another thing')).toMatchObject({
      status: 409,
      body: { code: 'already_paid', orderId: first.body.orderId },
    });
  });

  test('a declined card is said with its reason, and another one pays the same order', async () => {
    const { checkoutId } = await heldBy('ana');
    const declined = await house.pay(checkoutId, 'ana', 'd1', 'tok_insufficient', { prefer: 'wait=10' });
    expect(declined).toMatchObject({
      status: 402,
      body: { code: 'payment_declined', declineCode: 'insufficient_funds', retryable: false },
    });
    expect(declined.headers['content-type']).toBe('application/problem+json');
    const replayed = await house.pay(checkoutId, 'ana', 'd1', 'tok_insufficient');
    expect(replayed).toMatchObject({ status: 402, body: declined.body });
    expect(replayed.headers['idempotency-replayed']).toBe('true');
    const paid = await house.pay(checkoutId, 'ana', 'd2', 'tok_visa', { prefer: 'wait=10' });
    expect(paid.status).toBe(201);
    expect(paid.body.orderId.slice(4)).toBe(checkoutId.slice(4));
  });

  test('a card that is slow is not waited for longer than was asked', async () => {
    const { checkoutId } = await heldBy('ana');
    const answer = await house.pay(checkoutId, 'ana', 's1', 'tok_timeout', { prefer: 'wait=1' });
    expect([201, 202]).toContain(answer.status);
    expect(answer.headers['preference-applied']).toBe('wait=1');
    await house.until(
      () => house.pay(checkoutId, 'ana', 's1', 'tok_timeout'),
      ({ status }) => status === 201,
    );
  });

  test('a hundred clicks at once are one order', async () => {
    const { saleId, checkoutId } = await heldBy('clicker');
    const answers = await Promise.all(
      Array.from({ length: 100 }, () =>
        house.pay(checkoutId, 'clicker', 'click', 'tok_visa', { prefer: 'wait=5' }),
      ),
    );
    expect(answers.filter(({ status }) => ![201, 202, 409].includes(status))).toEqual([]);
    const orderIds = answers.flatMap(({ status, body }) => (status < 300 ? [body.orderId] : []));
    expect(new Set(orderIds).size).toBe(1);
    expect(await house.pay(checkoutId, 'clicker', 'click', 'tok_visa', { prefer: 'wait=5' })).toMatchObject({
      status: 201,
    });
    const { body: audit } = await house.operate('GET', `/api/v1/admin/sales/${saleId}/audit`);
    expect(audit).toMatchObject({
      oversold: 0,
      orders: { confirmed: 1 },
      payments: { captured: 1, duplicated: 0 },
    });
  });
});

test('the pages and documents are there', async () => {
  const page = await house.askAt('GET', '/');
  expect(page.status).toBe(200);
  expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(page.body).toContain('Doorbuster');
  expect((await house.askAt('GET', '/openapi.json')).body.openapi).toBe('3.1.1');
  expect((await house.askAt('GET', '/asyncapi.json')).body.asyncapi).toBe('3.0.0');
  expect((await house.askAt('GET', '/ws')).status).toBe(426);
  expect(await house.askAt('GET', '/healthz')).toMatchObject({ status: 200, body: { status: 'alive' } });
  await house.until(
    () => house.askAt('GET', '/readyz'),
    ({ status }) => status === 200,
  );
});

test('a development login logs in as whoever was named', async () => {
  const made = await house.ask('POST', '/auth/dev-token', {
    body: { sub: 'newcomer', expiresInSeconds: 60 },
  });
  expect(made.status).toBe(201);
  const headers = { authorization: `Bearer ${made.body.token}` };
  expect((await house.ask('GET', '/orders', { headers })).status).toBe(200);
  expect(await house.ask('POST', '/auth/dev-token', { body: { sub: 'a\nb' } })).toMatchObject({
    status: 422,
    body: { field: 'sub' },
  });
});

test('sales are listed a page at a time, and a page that did not change is not sent again', async () => {
  const ids = [await house.sale(), await house.sale(), await house.sale()];
  await sleep(300);
  const seen: string[] = [];
  for (let cursor = ''; ; ) {
    const { body } = await house.ask('GET', `/sales?limit=2${cursor}`);
    expect(body.data.length).toBeLessThanOrEqual(2);
    seen.push(...body.data.map((sale: { id: string }) => sale.id));
    if (body.nextCursor === null) break;
    cursor = `&cursor=${body.nextCursor}`;
  }
  expect(seen).toEqual(expect.arrayContaining(ids));
  expect(seen).toEqual(seen.toSorted());
  const first = await house.ask('GET', `/sales/${ids[0]}`);
  const again = await house.ask('GET', `/sales/${ids[0]}`, {
    headers: { 'if-none-match': String(first.headers.etag) },
  });
  expect(again.status).toBe(304);
});

test('every route refuses whoever it is not for', async () => {
  const { body: openApi } = await house.askAt('GET', '/openapi.json');
  const calls = Object.entries(
    openApi.paths as Record<string, Record<string, { security?: object[] }>>,
  ).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security }]) => ({ path, method, security })),
  );
  for (const { path, method, security } of calls) {
    if (!security) continue;
    const address = path.replaceAll(/\{\w+\}/g, 'x');
    const anonymous = await house.askAt(method.toUpperCase(), address);
    expect([path, anonymous.status]).toEqual([path, 401]);
    expect(anonymous.headers['www-authenticate']).toContain('Bearer');
    const token = tokenFor('ana').slice(0, -3);
    const forged = await house.askAt(method.toUpperCase(), address, {
      headers: { authorization: `Bearer ${token}AAA` },
    });
    expect([path, forged.status]).toEqual([path, 401]);
  }
});
