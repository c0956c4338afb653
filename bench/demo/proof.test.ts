import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { proveOrders, repeatsIn } from './proof.ts';

const orders: Record<string, object> = {
  ord_good: { orderId: 'ord_good', status: 'confirmed', paymentStatus: 'captured', saleId: 's' },
  ord_pending: { orderId: 'ord_pending', status: 'pending', paymentStatus: 'initiated', saleId: 's' },
  ord_foreign: { orderId: 'ord_foreign', status: 'confirmed', paymentStatus: 'captured', saleId: 'other' },
};
let server: Server;

beforeAll(async () => {
  server = createServer((req, res) => {
    const order = orders[req.url?.split('/').at(-1) ?? ''];
    res.writeHead(order ? 200 : 404).end(JSON.stringify(order ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => server.close());

it('finds what is as told, and says what is not', async () => {
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const seen = ['ord_good', 'ord_pending', 'ord_foreign', 'ord_lost'].map((orderId) => ({
    orderId,
    buyerId: `buyer of ${orderId}`,
  }));
  const proof = await proveOrders({ origin, authSecret: 'x'.repeat(32), saleId: 's' }, seen);
  expect(proof).toMatchObject({ asked: 4, found: 1, repeated: [] });
  expect(proof.missing.sort()).toEqual([
    'ord_foreign of buyer of ord_foreign is confirmed, captured, of sale other',
    'ord_lost of buyer of ord_lost is answered 404',
    'ord_pending of buyer of ord_pending is pending, initiated, of sale s',
  ]);
});

it('finds orders and buyers that were told of twice', () => {
  const seen = [
    { buyerId: 'a', orderId: 'ord_1' },
    { buyerId: 'b', orderId: 'ord_1' },
    { buyerId: 'b', orderId: 'ord_2' },
    { buyerId: 'c', orderId: 'ord_3' },
  ];
  expect(repeatsIn(seen)).toEqual(['ord_1', 'b']);
});
