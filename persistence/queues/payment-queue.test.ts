import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PaymentId } from '../../engine/contracts/ids.ts';
import { startTestRedis, type TemporaryStore } from '../../supervisor/fixtures/temporary-stores.ts';
import { eventually } from '../fixtures/eventually.ts';
import { createLog } from '../log.ts';
import { startChargeWorker } from '../workers/charge-worker.ts';
import type { Jobs } from './catalogue.ts';
import { addingOptions, letGoOf } from './connection.ts';
import { heartbeatOn } from './heartbeat.ts';
import { paymentQueueOn } from './payment-queue.ts';

const log = createLog('silent');
let redis: TemporaryStore;
let jobs: Queue<Jobs['charge']>;
beforeEach(async () => {
  redis = await startTestRedis();
  jobs = new Queue('charge', addingOptions(redis.url));
  jobs.on('error', () => {});
});
afterEach(async () => {
  await letGoOf(jobs);
  await redis.remove();
});

const ids = (count: number) => Array.from({ length: count }, (_, at): PaymentId => `pay_${at}`);

test('many wake-ups are few jobs that name each payment once', async () => {
  const queue = paymentQueueOn(redis.url, log);
  for (const id of ids(500)) queue.wake(id);
  const named = async () => (await jobs.getJobs(['wait'])).flatMap((job) => job.data.paymentIds);
  await eventually(async () => (await named()).length).toBe(500);
  expect(new Set(await named())).toEqual(new Set(ids(500)));
  expect(await jobs.count()).toBeLessThan(50);
  await queue.close();
});

test('a payment that was found again and again is one job', async () => {
  const queue = paymentQueueOn(redis.url, log);
  for (let times = 0; times < 3; times += 1) await queue.wakeAgain(ids(2));
  expect(await jobs.count()).toBe(2);
  await queue.close();
});

test('jobs that are done leave nothing behind that grows', async () => {
  const queue = paymentQueueOn(redis.url, log);
  let asked = 0;
  const worker = startChargeWorker(
    redis.url,
    async () => {
      asked += 1;
      return { kind: 'done' };
    },
    log,
  );
  for (let times = 0; times < 20; times += 1) {
    await queue.wakeAgain(Array.from({ length: 50 }, (_, at): PaymentId => `pay_${times}-${at}`));
  }
  await eventually(async () => asked).toBe(1_000);
  await eventually(async () => (await jobs.getJobCounts('active')).active).toBe(0);
  const raw = new Redis(redis.url);
  const told = await raw.xlen(jobs.keys.events as string);
  raw.disconnect();
  // Redis cuts whole parts of a stream off, of 100 entries each.
  expect(told).toBeLessThan(300);
  await worker.close();
  await queue.close();
});

test('a wake-up while Redis is away is lost without a word to whoever woke', async () => {
  const queue = paymentQueueOn(redis.url, log);
  await queue.wakeAgain(ids(1));
  await redis.process.stop(5_000);
  expect(() => queue.wake('pay_away')).not.toThrow();
  await redis.restart();
  await eventually(() =>
    queue.wakeAgain(['pay_back']).then(
      () => true,
      () => false,
    ),
  ).toBe(true);
  await queue.close();
});

test('a job comes back with the payments that stayed open, until there are none', async () => {
  const asked: PaymentId[] = [];
  const queue = paymentQueueOn(redis.url, log);
  const worker = startChargeWorker(
    redis.url,
    async (id) => {
      asked.push(id);
      const isFirst = asked.filter((one) => one === id).length === 1;
      return id === 'pay_2' && isFirst ? { kind: 'open', reason: 'unknown' } : { kind: 'done' };
    },
    log,
  );
  for (const id of ids(4)) queue.wake(id);
  await eventually(() => asked.length).toBe(5);
  expect([...asked].sort()).toEqual(['pay_0', 'pay_1', 'pay_2', 'pay_2', 'pay_3']);
  await eventually(async () => (await jobs.getJobs()).length).toBe(0);
  await worker.close();
  await queue.close();
});

test('workers are seen while they show themselves', async () => {
  const heartbeat = heartbeatOn(redis.url);
  expect(await heartbeat.check()).toMatch('no worker');
  await heartbeat.beat();
  expect(await heartbeat.check()).toBeNull();
  await redis.process.stop(5_000);
  expect(await heartbeat.check()).toMatch('cannot be asked after');
  await expect(heartbeat.beat()).rejects.toThrow();
  await heartbeat.close();
});
