import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { newId } from '../../engine/contracts/ids.ts';
import { startTestRedis, type TemporaryStore } from '../../supervisor/fixtures/temporary-stores.ts';
import { eventually } from '../fixtures/eventually.ts';
import { testPool } from '../fixtures/test-sale.ts';
import { createLog } from '../log.ts';
import { rowQueueOn, startRowWorker } from '../queues/row-queue.ts';
import { deliverer } from './deliver.ts';
import { wakeDeliveries } from './lost-deliveries.ts';
import { deliveriesAtOnce, firstComersMax } from './shares.ts';
import { webhooksOn } from './webhooks.ts';

const log = createLog('silent');
let database: Awaited<ReturnType<typeof testPool>>;
let redis: TemporaryStore;
beforeAll(async () => {
  [database, redis] = await Promise.all([testPool(), startTestRedis()]);
});
afterAll(async () => {
  await Promise.all([database.close(), redis.remove()]);
});

/** An endpoint that does that with every request. */
async function endpointThat(answers: RequestListener): Promise<string> {
  const server = createServer(answers);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const created = await webhooksOn(database.pool, true).create({ url });
  if (created.kind !== 'created') throw new Error(created.code);
  return created.endpoint.endpointId;
}

/** So many messages to an endpoint that have been due for so many minutes. */
async function owe(endpointId: string, count: number, minutes: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => newId('dlv'));
  await database.pool.query(
    `INSERT INTO deliveries (delivery_id, endpoint_id, message_id, type, payload, next_attempt_at)
     SELECT id, $2, id, 'sale.opened', '{}', now() - $3::integer * interval '1 minute' FROM unnest($1::text[]) AS id`,
    [ids, endpointId, minutes],
  );
  return ids;
}

async function attemptsAt(endpointId: string): Promise<{ state: string; attempts: number; count: number }[]> {
  const { rows } = await database.pool.query(
    `SELECT state, attempts, count(*)::integer FROM deliveries WHERE endpoint_id = $1
     GROUP BY state, attempts ORDER BY state, attempts`,
    [endpointId],
  );
  return rows;
}

test('an endpoint that says nothing keeps no other waiting, and what is put off for it is no attempt', async () => {
  let isSilent = true;
  const unanswered: (() => void)[] = [];
  const silent = await endpointThat((_, response) => {
    if (isSilent) unanswered.push(() => void response.end());
    else response.end();
  });
  const healthy = await endpointThat((_, response) => void response.end());
  await owe(silent, 40, 2);

  const queue = rowQueueOn(redis.url, 'deliver');
  // Longer than anything here waits: whoever holds a place keeps it until it is answered.
  const deliver = deliverer(database.pool, { allowsPrivate: true, timeoutMs: 600_000 }, log);
  const worker = startRowWorker(redis.url, 'deliver', deliver, log, deliveriesAtOnce);
  onTestFinished(async () => {
    await worker.close(true);
    await queue.close();
  });
  expect(await wakeDeliveries(database.pool, queue)).toBe(40);
  await eventually(() => unanswered.length).toBeGreaterThanOrEqual(firstComersMax);
  await owe(healthy, 20, 1);
  expect(await wakeDeliveries(database.pool, queue)).toBe(60);
  await eventually(() => attemptsAt(healthy)).toEqual([{ state: 'delivered', attempts: 1, count: 20 }]);
  expect(unanswered).toHaveLength(firstComersMax);
  expect(await attemptsAt(silent)).toEqual([{ state: 'pending', attempts: 0, count: 40 }]);

  isSilent = false;
  for (const answer of unanswered) answer();
  await eventually(() => attemptsAt(silent)).toEqual([{ state: 'delivered', attempts: 1, count: 40 }]);
});

test('what waits for one endpoint keeps nothing of another from being found', async () => {
  const [backlogged, next] = [await endpointThat(() => {}), await endpointThat(() => {})];
  const waiting = await owe(backlogged, 600, 2);
  const late = await owe(next, 3, 1);
  const woken: string[] = [];
  const wake = async (ids: readonly string[]) => void woken.push(...ids);
  expect(await wakeDeliveries(database.pool, { wake })).toBe(500);
  expect(woken.filter((id) => late.includes(id))).toHaveLength(3);
  expect(woken.filter((id) => waiting.includes(id))).toHaveLength(497);
});
