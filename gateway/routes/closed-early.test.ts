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

test.each(['fifo', 'queue', 'lottery'] as const)(
  'a %s that was closed before it opened is over for whoever has a ticket',
  async (method) => {
    const saleId = await house.sale({
      method,
      waitingOpensAt: '2026-01-01T00:00:00Z',
      opensAt: '2035-01-01T00:00:00Z',
    });
    const join = () => house.ask('POST', `/sales/${saleId}/tickets`, { as: 'ana' });
    const { body: place } = await join();
    const socket = await SocketClient.open(house.port, { token: tokenFor('ana') });
    const overSocket = () =>
      socket.ask({
        op: 'reserve',
        saleId,
        ticket: place.ticket,
        items: [{ sku: 'ps5', quantity: 1 }],
      });
    expect((await house.reserve(saleId, 'ana', 1, place.ticket)).body.code).toBe('sale_not_open');
    expect((await join()).body.state).toBe('waiting');

    await house.operate('POST', `/api/v1/admin/sales/${saleId}/close`);
    await house.until(
      () => house.ask('GET', `/sales/${saleId}`),
      ({ body }) => body.state === 'closed',
    );
    expect(await house.reserve(saleId, 'ana', 1, place.ticket)).toMatchObject({
      status: 410,
      body: { code: 'sale_closed', retryable: false },
    });
    expect(await overSocket()).toMatchObject({ ev: 'error', code: 'sale_closed' });
    const { body: polled } = await house.ask('GET', `/sales/${saleId}/tickets/me`, { as: 'ana' });
    expect(polled.state).toBe('sold_out');
    const { ticket, index, turn } = place;
    expect(await join()).toMatchObject({ status: 200, body: { ticket, index, turn, state: polled.state } });
    expect(await socket.ask({ op: 'join', saleId })).toMatchObject({ ev: 'ticket', state: polled.state });
    socket.close();
  },
);
