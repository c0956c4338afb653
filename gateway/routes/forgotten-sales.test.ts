import { Redis } from 'ioredis';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type House, openHouse, tokenFor } from '../fixtures/house.ts';
import { ask, pause } from '../fixtures/http-client.ts';
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

/** A sale that ended two days ago, with one order: nothing can happen in it any more, so no worker looks at it. */
async function endedSale() {
  const saleId = await house.sale();
  const { body } = await house.reserve(saleId, 'ana');
  const paid = await house.pay(body.checkoutId, 'ana', body.checkoutId, 'tok_visa', { prefer: 'wait=20' });
  expect(paid.status).toBe(201);
  await house.operate('POST', `/api/v1/admin/sales/${saleId}/close`);
  await house.until(
    () => house.operate('GET', `/api/v1/admin/sales/${saleId}/audit`),
    ({ body: { state, relay, items } }) =>
      state === 'closed' && relay.lagEntries === 0 && items[0].sold === 1 && items[0].paying === 0,
  );
  const postgres = new pg.Client({ connectionString: house.databaseUrl });
  await postgres.connect();
  const { rows } = await postgres.query(
    `UPDATE sale_relays SET relayed_at = now() - interval '2 days'
     WHERE sale_id = $1 AND NOT EXISTS (SELECT FROM unconfirmed_holds WHERE sale_id = $1) RETURNING sale_id`,
    [saleId],
  );
  expect(rows).toHaveLength(1);
  await postgres.end();
  // Workers look twice a second for sales in which something may happen.
  await pause(1_500);
  return { saleId, reservationId: body.reservation.id as string };
}

async function forget() {
  const redis = new Redis(house.redis.url);
  await redis.flushall();
  redis.disconnect();
}

test('a gateway that finds a sale only in Postgres says to come again, and then has it', async () => {
  const { saleId, reservationId } = await endedSale();
  await forget();
  const other = await house.openGateway();
  try {
    const askOther = (path: string) =>
      ask(other.plane.port, 'GET', `/api/v1${path}`, {
        headers: { authorization: `Bearer ${tokenFor('ana')}` },
      });
    const away = {
      status: 503,
      body: { code: 'unavailable' },
      headers: { 'retry-after': expect.any(String) },
    };
    expect(await askOther(`/reservations/${reservationId}`)).toMatchObject(away);
    const socket = await SocketClient.open(other.plane.port, { token: tokenFor('ana') });
    expect(await socket.ask({ op: 'watch', saleId })).toMatchObject({ ev: 'error', code: 'unavailable' });
    expect(await askOther(`/sales/${saleId}`)).toMatchObject(away);
    expect(await askOther('/sales/no-such-sale')).toMatchObject({
      status: 404,
      body: { code: 'sale_not_found' },
    });

    const there = await house.until(
      () => askOther(`/sales/${saleId}`),
      ({ status }) => status !== 503,
    );
    expect(there).toMatchObject({ status: 200, body: { state: 'closed', items: [{ units: 10, sold: 1 }] } });
    expect(await askOther(`/reservations/${reservationId}`)).toMatchObject({
      status: 200,
      body: { state: 'confirmed' },
    });
    expect(await socket.ask({ op: 'watch', saleId })).toMatchObject({
      ev: 'sale',
      id: saleId,
      state: 'closed',
    });
    socket.close();
  } finally {
    await other.close();
  }
});

test('a gateway that has known it for long has it brought back, too', async () => {
  const { reservationId } = await endedSale();
  await forget();
  const mine = () => house.ask('GET', `/reservations/${reservationId}`, { as: 'ana' });
  expect((await mine()).status).toBe(503);
  expect(await house.until(mine, ({ status }) => status !== 503)).toMatchObject({
    status: 200,
    body: { state: 'confirmed' },
  });
});

test('a gateway that starts before Redis has a sale again is ready when it has', async () => {
  const saleId = await house.sale();
  const postgres = new pg.Client({ connectionString: house.databaseUrl });
  await postgres.connect();
  // Nobody can bring it back while somebody has its row.
  await postgres.query('BEGIN');
  await postgres.query('SELECT FROM sales WHERE id = $1 FOR UPDATE', [saleId]);
  await forget();
  const other = await house.openGateway();
  try {
    const askOther = (path: string) => ask(other.plane.port, 'GET', path);
    expect(await askOther(`/api/v1/sales/${saleId}`)).toMatchObject({ status: 503 });
    const early = await askOther('/readyz');
    expect(early).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(early.body.missing).toContainEqual({
      part: 'sales',
      reason: expect.stringContaining(saleId),
    });
    await postgres.query('COMMIT');
    await house.until(
      () => askOther('/readyz'),
      ({ status }) => status === 200,
    );
    expect(await askOther(`/api/v1/sales/${saleId}`)).toMatchObject({ status: 200, body: { id: saleId } });
  } finally {
    await postgres.end();
    await other.close();
  }
});

test('an id that no sale can have is none, whatever number it ends with', async () => {
  for (const number of ['zzzzzz', 'zzzzzzz', 'zik0zk', 'zik0zj']) {
    const id = `${'0'.repeat(32)}${number}`;
    expect((await house.ask('GET', `/reservations/rsv_${id}`, { as: 'ana' })).status).toBe(404);
    expect((await house.ask('GET', `/checkout/chk_${id}`, { as: 'ana' })).status).toBe(404);
    expect((await house.operate('POST', `/api/v1/admin/orders/ord_${id}/process`)).status).toBe(404);
  }
});

test('an operator has something to say in a sale that Redis is being told of', async () => {
  const saleId = await house.sale();
  await forget();
  const say = (to: string) =>
    house.operate('POST', `/api/v1/admin/sales/${to}/messages`, { body: { text: 'One moment, please.' } });
  expect((await say(saleId)).status).toBe(204);
  expect((await say('no-such-sale')).body.code).toBe('sale_not_found');
});
