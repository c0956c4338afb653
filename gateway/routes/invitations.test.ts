import { afterAll, beforeAll, expect, test } from 'vitest';
import { type House, openHouse, tokenFor } from '../fixtures/house.ts';
import { SocketClient } from '../fixtures/socket-client.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

const invited = (buyers: string[]) => house.sale({ method: 'fifo', invitations: { buyers } });
const joinAs = (saleId: string, as: string) => house.ask('POST', `/sales/${saleId}/tickets`, { as });
const invite = (saleId: string, body: object) =>
  house.operate('POST', `/api/v1/admin/sales/${saleId}/invitations`, { body });

test('over HTTP whoever is listed joins, and everybody else is told that they are not', async () => {
  const saleId = await invited(['ana']);
  expect((await house.ask('GET', `/sales/${saleId}`)).body.waitingRoom.byInvitation).toBe(true);
  expect(await joinAs(saleId, 'ana')).toMatchObject({ status: 201, body: { index: 0 } });
  expect(await joinAs(saleId, 'eve')).toMatchObject({
    status: 403,
    body: { code: 'not_invited', retryable: false },
  });
  const open = await house.sale({ method: 'fifo' });
  expect((await house.ask('GET', `/sales/${open}`)).body.waitingRoom.byInvitation).toBe(false);
});

test('over the WebSocket, too; who is invited meanwhile joins on the same socket', async () => {
  const saleId = await invited(['ana']);
  const [ana, eve] = await Promise.all(
    ['ana', 'eve'].map((as) => SocketClient.open(house.port, { token: tokenFor(as) })),
  );
  expect(await ana?.ask({ op: 'join', saleId })).toMatchObject({ ev: 'ticket', index: 0 });
  expect(await eve?.ask({ op: 'join', saleId })).toMatchObject({ ev: 'error', code: 'not_invited' });
  expect(await invite(saleId, { buyers: ['eve', 'ana'] })).toMatchObject({
    status: 200,
    body: { saleId, added: 1, listed: 2 },
  });
  expect(await eve?.ask({ op: 'join', saleId })).toMatchObject({ ev: 'ticket', index: 1 });
  ana?.close();
  eve?.close();
});

test('a list is checked like any other request, and its length is bounded', async () => {
  const saleId = await invited([]);
  const unprintable = await invite(saleId, { buyers: ['ana', 'a\nb'] });
  expect(unprintable).toMatchObject({ status: 422, body: { code: 'invalid_request', field: 'buyers.1' } });
  const ids = (count: number) => Array.from({ length: count }, (_, i) => `${'b'.repeat(120)}-${i}`);
  expect(await invite(saleId, { buyers: ids(10_000) })).toMatchObject({
    status: 200,
    body: { listed: 10_000 },
  });
  expect(await invite(saleId, { buyers: ids(10_001) })).toMatchObject({
    status: 422,
    body: { field: 'buyers' },
  });
  expect(await invite(saleId, { buyers: ['b'.repeat(2_000_000)] })).toMatchObject({
    status: 413,
    body: { code: 'payload_too_large' },
  });
  expect(await invite('nowhere', { buyers: [] })).toMatchObject({ status: 404 });
  const open = await house.sale({ method: 'fifo' });
  expect(await invite(open, { buyers: [] })).toMatchObject({
    status: 409,
    body: { code: 'invalid_transition' },
  });
  const asBuyer = await house.operate('POST', `/api/v1/admin/sales/${saleId}/invitations`, {
    role: 'buyer',
    body: { buyers: ['eve'] },
  });
  expect(asBuyer.status).toBe(403);
});

test('every refusal that was met is in the documents', async () => {
  expect(await house.undocumentedRefusals()).toEqual([]);
});
