import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { decoded } from '../../load/histogram.ts';
import { purchase } from './purchases.ts';

const answerMs = 50;

/** Confirms whatever is asked, each answer after the same time. */
async function slowShop(): Promise<string> {
  const answer = { checkoutId: 'chk', purchaseToken: 'token', status: 'confirmed' };
  const body = JSON.stringify(answer);
  const server = createServer((_, response) => {
    setTimeout(() => response.writeHead(201, { 'Content-Length': body.length }).end(body), answerMs);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('who has to wait for the only connection feels that in reserve, and not in pay', async () => {
  const setting = { saleId: 's', sku: 's', authSecret: 'a secret of a test', prefix: 'b', joins: false };
  const crowd = { origin: await slowShop(), buyers: 4, underWay: 1, perSecond: 1000 };
  const { reserve, pay, confirmed } = await purchase({ kind: 'purchases', ...setting, ...crowd });
  expect(confirmed).toBe(4);
  // The last of them is due 3 ms after the first, and sent after three purchases of two answers each.
  expect(decoded(reserve).maxValue / 1000).toBeGreaterThan(6 * answerMs);
  expect(decoded(pay).maxValue / 1000).toBeLessThan(3 * answerMs);
});
