import { afterEach, beforeEach, expect, it } from 'vitest';
import { calm, Weather } from './conditions.ts';
import { type ProviderServer, startProvider } from './server.ts';
import type { Tally } from './tally.ts';

let provider: ProviderServer;
let origin: string;
beforeEach(async () => {
  provider = await startProvider('127.0.0.1', 0, {});
  origin = `http://127.0.0.1:${provider.port}`;
});
afterEach(() => provider.close());

const control = (changes: object) =>
  fetch(`${origin}/control`, { method: 'PUT', body: JSON.stringify(changes) });
const tally = async () => (await fetch(`${origin}/control/charges`)).json() as Promise<Tally>;
const list = async (key: string) =>
  ((await (await fetch(`${origin}/v1/payment_intents?idempotency_key=${key}`)).json()) as { data: object[] })
    .data;

const lostCount = async () => {
  const { answersLost, requestsLost } = await tally();
  return answersLost.count + requestsLost.count;
};

/** The status of an answer, or null where none comes: the test hangs up once the request has arrived. */
async function post(path: string, key: string, form: Record<string, string>): Promise<number | null> {
  const lostBefore = await lostCount();
  const hangUp = new AbortController();
  const answer = fetch(`${origin}${path}`, {
    method: 'POST',
    headers: { 'Idempotency-Key': key },
    body: new URLSearchParams(form),
    signal: hangUp.signal,
  }).then(
    ({ status }) => status,
    () => null,
  );
  const lost = async () => {
    for (;;) {
      if ((await lostCount()) > lostBefore) return hangUp.abort();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  await Promise.race([answer, lost()]);
  return answer;
}
const charge = (key: string) =>
  post('/v1/payment_intents', key, {
    amount: '100',
    currency: 'usd',
    payment_method: 'tok_visa',
    confirm: 'true',
  });

it('times out before the effect: nothing was charged, and the same key charges later', async () => {
  await control({ timeoutBeforeShare: 1 });
  expect(await charge('a')).toBeNull();
  expect(await tally()).toMatchObject({
    captured: { count: 0 },
    requestsLost: { count: 1 },
    paymentsSeen: 1,
  });
  await control({ timeoutBeforeShare: 0 });
  expect(await charge('a')).toBe(200);
});

it('times out after the effect: the same key gets the answer', async () => {
  await control({ timeoutAfterShare: 1 });
  expect(await charge('a')).toBeNull();
  expect(await tally()).toMatchObject({ captured: { count: 1 }, answersLost: { count: 1 } });
  await control({ timeoutAfterShare: 0 });
  expect(await charge('a')).toBe(200);
  expect((await tally()).captured.count).toBe(1);
});

it('fails after the effect: the key repeats the failure, and the list knows better', async () => {
  await control({ errorAfterShare: 1 });
  expect(await charge('a')).toBe(500);
  await control({ errorAfterShare: 0 });
  expect(await charge('a')).toBe(500);
  expect(await list('a')).toMatchObject([{ status: 'succeeded' }]);
  expect((await tally()).captured.count).toBe(1);
});

it('loses the answer to a refund that was made, and gives it under the same key', async () => {
  await charge('a');
  const [intent] = (await list('a')) as { id: string }[];
  const refund = () => post('/v1/refunds', 'rfd_1', { payment_intent: intent?.id ?? '' });
  await control({ timeoutAfterShare: 1 });
  expect(await refund()).toBeNull();
  await control({ timeoutAfterShare: 0 });
  expect(await refund()).toBe(200);
  expect((await tally()).refunded.count).toBe(1);
});

it('shares its faults out by seed', () => {
  const shares = { errorShare: 0.05, timeoutBeforeShare: 0.05, timeoutAfterShare: 0.05 };
  const counts = (seed: number) => {
    const weather = new Weather({ ...calm, ...shares, seed });
    const faults = Array.from({ length: 10_000 }, () => weather.drawFault());
    return ['error', 'error_after', 'timeout_before', 'timeout_after'].map(
      (fault) => faults.filter((drawn) => drawn === fault).length,
    );
  };
  for (const count of counts(1).filter((_, at) => at !== 1)) {
    expect(count).toBeGreaterThan(400);
    expect(count).toBeLessThan(600);
  }
  expect(counts(1)[1]).toBe(0);
  expect(counts(1)).toEqual(counts(1));
  expect(counts(1)).not.toEqual(counts(2));
});

it('has a long tail where it is told to', () => {
  const latencies = (latencyShape: 'uniform' | 'lognormal') => {
    const weather = new Weather({ ...calm, latencyMs: 100, latencyShape });
    return Array.from({ length: 20_000 }, () => weather.drawLatencyMs()).sort((a, b) => a - b);
  };
  const mean = (all: number[]) => all.reduce((sum, one) => sum + one, 0) / all.length;
  const [uniform, tailed] = [latencies('uniform'), latencies('lognormal')];
  for (const all of [uniform, tailed]) expect(mean(all)).toBeCloseTo(100, -1);
  expect(uniform.at(-1)).toBeLessThanOrEqual(150);
  expect(tailed[Math.floor(tailed.length * 0.99)]).toBeGreaterThan(300);
});

it('asks the owner of a card that would be captured, and of no other', async () => {
  await control({ actionShare: 1 });
  expect(await charge('a')).toBe(200);
  expect(await tally()).toMatchObject({ captured: { count: 0 }, requiresAction: { count: 1 } });
  await control({ actionShare: 0 });
  expect(await charge('b')).toBe(200);
  expect(await tally()).toMatchObject({ captured: { count: 1 }, requiresAction: { count: 1 } });
});
