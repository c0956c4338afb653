import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { calm } from './conditions.ts';
import { type ProviderServer, startProvider } from './server.ts';
import type { Tally } from './tally.ts';

let provider: ProviderServer;
let origin: string;

beforeEach(async () => {
  provider = await startProvider('127.0.0.1', 0, {});
  origin = `http://127.0.0.1:${provider.port}`;
});
afterEach(() => provider.close());

interface Order {
  card?: string;
  key?: string;
  amount?: number;
  reference?: string;
  signal?: AbortSignal;
}

const charge = ({
  card = 'tok_visa',
  key = 'key-1',
  amount = 49_900,
  reference = 'A-1',
  signal,
}: Order = {}) =>
  fetch(`${origin}/v1/payment_intents`, {
    method: 'POST',
    headers: { 'Idempotency-Key': key },
    body: new URLSearchParams({
      amount: String(amount),
      currency: 'usd',
      payment_method: card,
      confirm: 'true',
      'metadata[reference]': reference,
    }),
    ...(signal ? { signal } : {}),
  });

const get = async (path: string) =>
  (await fetch(`${origin}${path}`)).json() as Promise<Record<string, unknown>>;
const tally = () => get('/control/charges') as unknown as Promise<Tally>;
const control = (body: string) => fetch(`${origin}/control`, { method: 'PUT', body });

describe('cards', () => {
  it('captures tok_visa', async () => {
    const response = await charge();
    expect(response.status).toBe(200);
    const intent = (await response.json()) as { id: string };
    expect(intent).toMatchObject({
      id: expect.stringMatching(/^pi_[0-9a-f]{24}$/),
      object: 'payment_intent',
      status: 'succeeded',
      amount: 49_900,
      amount_received: 49_900,
      currency: 'usd',
      metadata: { reference: 'A-1' },
    });
    expect(await get(`/v1/payment_intents/${intent.id}`)).toEqual(intent);
    expect(await tally()).toMatchObject({
      captured: { count: 1, sums: [{ amount: 49_900, currency: 'USD' }] },
    });
  });

  it.each([
    ['tok_declined', 'card_declined'],
    ['tok_insufficient', 'insufficient_funds'],
  ])('declines %s with 402 and decline_code %s', async (card, declineCode) => {
    const response = await charge({ card });
    expect(response.status).toBe(402);
    expect(await response.json()).toMatchObject({
      error: {
        type: 'card_error',
        code: 'card_declined',
        decline_code: declineCode,
        payment_intent: { status: 'requires_payment_method', amount_received: 0 },
      },
    });
    expect(await tally()).toMatchObject({
      captured: { count: 0, sums: [] },
      declined: { count: 1, byCode: { [declineCode]: 1 } },
    });
  });

  it('asks for an action with tok_3ds', async () => {
    const response = await charge({ card: 'tok_3ds' });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      status: 'requires_action',
      amount_received: 0,
      next_action: {
        type: 'redirect_to_url',
        redirect_to_url: { url: expect.stringMatching(/^http:.*\/3ds\/pi_/) },
      },
    });
  });

  it('captures tok_timeout and loses the answer; the same key then gets it', async () => {
    const impatience = new AbortController();
    const lost = charge({ card: 'tok_timeout', signal: impatience.signal });
    await expect.poll(async () => (await tally()).answersLost.count).toBe(1);
    impatience.abort();
    await expect(lost).rejects.toThrow('abort');

    const repeat = await charge({ card: 'tok_timeout' });
    expect(repeat.status).toBe(200);
    expect(await repeat.json()).toMatchObject({ status: 'succeeded' });
    expect((await tally()).captured.count).toBe(1);
  });

  it('fails with tok_error, without an effect', async () => {
    expect((await charge({ card: 'tok_error' })).status).toBe(500);
    expect((await charge({ card: 'tok_error' })).status).toBe(500);
    expect(await get('/v1/payment_intents?reference=A-1')).toMatchObject({ data: [] });
    expect(await tally()).toMatchObject({ captured: { count: 0 }, failed: { count: 1 } });
  });

  it('does not know other cards', async () => {
    const response = await charge({ card: 'toString' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param: 'payment_method' } });
  });
});

describe('idempotency keys', () => {
  it('charges once, however often and however fast a key is repeated', async () => {
    const responses = await Promise.all(Array.from({ length: 50 }, () => charge()));
    const bodies = await Promise.all(responses.map((response) => response.text()));
    expect(new Set(bodies).size).toBe(1);
    expect(
      responses.filter((response) => response.headers.get('idempotent-replayed') === 'true'),
    ).toHaveLength(49);
    expect(await tally()).toMatchObject({
      captured: { count: 1 },
      duplicates: { replayed: 49, refused: 0 },
    });
  });

  it('answers a declined key again with 402', async () => {
    const first = await charge({ card: 'tok_declined' });
    const again = await charge({ card: 'tok_declined' });
    expect(again.status).toBe(402);
    expect(await again.json()).toEqual(await first.json());
    expect((await tally()).declined.count).toBe(1);
  });

  it('refuses a key that was used for something else', async () => {
    await charge();
    for (const other of [{ amount: 1 }, { card: 'tok_declined' }, { reference: 'A-2' }]) {
      const response = await charge(other);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ error: { type: 'idempotency_error' } });
    }
    expect(await tally()).toMatchObject({ captured: { count: 1 }, duplicates: { refused: 3 } });
  });

  it('lists by key and by reference, and knows a reference that was captured twice', async () => {
    await charge({ key: 'first', card: 'tok_declined' });
    await charge({ key: 'second' });
    expect(await get('/v1/payment_intents?idempotency_key=first')).toMatchObject({
      object: 'list',
      data: [{ status: 'requires_payment_method' }],
    });
    expect(await get('/v1/payment_intents?reference=A-1')).toMatchObject({
      data: [{ status: 'succeeded' }, { status: 'requires_payment_method' }],
    });
    expect((await tally()).referencesCapturedTwice).toEqual([]);
    await charge({ key: 'third' });
    expect((await tally()).referencesCapturedTwice).toEqual(['A-1']);
  });
});

describe('money that moves back', () => {
  const post = async (path: string, fields: Record<string, string> = {}, key = '') => {
    const response = await fetch(`${origin}${path}`, {
      method: 'POST',
      headers: key === '' ? {} : { 'Idempotency-Key': key },
      body: new URLSearchParams(fields),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const charged = async (order: Order = {}) => ((await (await charge(order)).json()) as { id: string }).id;

  it('gives back a part, then the rest, and never more', async () => {
    const payment_intent = await charged();
    const part = await post('/v1/refunds', { payment_intent, amount: '900' }, 'r1');
    expect(part).toMatchObject({ status: 200, body: { amount: 900, status: 'succeeded', payment_intent } });
    expect(await post('/v1/refunds', { payment_intent, amount: '49_001' }, 'r2')).toMatchObject({
      status: 400,
    });
    expect(await post('/v1/refunds', { payment_intent, amount: '49001' }, 'r3')).toMatchObject({
      status: 400,
      body: { error: { code: 'amount_too_large' } },
    });
    expect(await post('/v1/refunds', { payment_intent }, 'r4')).toMatchObject({ body: { amount: 49_000 } });
    expect(await post('/v1/refunds', { payment_intent }, 'r5')).toMatchObject({
      status: 400,
      body: { error: { code: 'charge_already_refunded' } },
    });
    expect(await get(`/v1/refunds?payment_intent=${payment_intent}`)).toMatchObject({
      data: [{ amount: 49_000 }, { amount: 900 }],
    });
    expect(await tally()).toMatchObject({
      captured: { count: 1, sums: [{ amount: 49_900 }] },
      refunded: { count: 2, sums: [{ amount: 49_900, currency: 'USD' }] },
    });
  });

  it('refunds once per key, and refuses a key that was used for something else', async () => {
    const payment_intent = await charged();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => post('/v1/refunds', { payment_intent, amount: '100' }, 'same')),
    );
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect((await tally()).refunded).toEqual({ count: 1, sums: [{ amount: 100, currency: 'USD' }] });
    expect(await post('/v1/refunds', { payment_intent, amount: '101' }, 'same')).toMatchObject({
      status: 400,
      body: { error: { type: 'idempotency_error' } },
    });
    expect(await post('/v1/refunds', { payment_intent: 'pi_unknown' })).toMatchObject({ status: 404 });
  });

  it('sets money aside until it is captured or cancelled', async () => {
    const authorize = async (key: string) => {
      const response = await post(
        '/v1/payment_intents',
        {
          amount: '100',
          currency: 'usd',
          payment_method: 'tok_visa',
          confirm: 'true',
          capture_method: 'manual',
          'metadata[payment_id]': `pay_${key}`,
        },
        key,
      );
      expect(response.body).toMatchObject({ status: 'requires_capture', amount_capturable: 100 });
      return response.body.id;
    };
    const first = await authorize('a1');
    const second = await authorize('a2');
    expect((await tally()).authorized.count).toBe(2);
    expect(await post(`/v1/payment_intents/${first}/capture`)).toMatchObject({
      body: { status: 'succeeded' },
    });
    expect(await post(`/v1/payment_intents/${second}/cancel`)).toMatchObject({
      body: { status: 'canceled' },
    });
    expect(await post(`/v1/payment_intents/${first}/cancel`)).toMatchObject({
      status: 400,
      body: { error: { code: 'payment_intent_unexpected_state', payment_intent: { status: 'succeeded' } } },
    });
    expect(
      await get(`/v1/payment_intents/search?query=${encodeURIComponent("metadata['payment_id']:'pay_a2'")}`),
    ).toMatchObject({ data: [{ id: second, status: 'canceled' }] });
    expect(await tally()).toMatchObject({
      authorized: { count: 0 },
      voided: { count: 1 },
      captured: { count: 1, sums: [{ amount: 100 }] },
    });
  });

  it.each([
    ['complete', 'succeeded', { captured: { count: 1 } }],
    ['refuse', 'requires_payment_method', { declined: { byCode: { authentication_required: 1 } } }],
  ])('lets the buyer %s at the bank', async (does, status, counted) => {
    const id = await charged({ card: 'tok_3ds' });
    const page = await fetch(`${origin}/3ds/${id}`);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(await page.text()).toContain(`/3ds/${id}/complete`);
    expect(await post(`/3ds/${id}/${does}`)).toMatchObject({ status: 200, body: { status } });
    expect(await get(`/v1/payment_intents/${id}`)).toMatchObject({ status });
    expect(await tally()).toMatchObject({ requiresAction: { count: 0 }, ...counted });
    const other = does === 'complete' ? 'refuse' : 'complete';
    expect((await post(`/3ds/${id}/${other}`)).status).toBe(409);
  });
});

describe('requests', () => {
  const post = (body: string, contentType = 'application/x-www-form-urlencoded') =>
    fetch(`${origin}/v1/payment_intents`, { method: 'POST', headers: { 'Content-Type': contentType }, body });

  it('takes JSON as well', async () => {
    const response = await post(
      JSON.stringify({
        amount: 100,
        currency: 'EUR',
        payment_method: 'tok_visa',
        confirm: true,
        metadata: { reference: 'B-1' },
      }),
      'application/json; charset=utf-8',
    );
    expect(await response.json()).toMatchObject({
      status: 'succeeded',
      currency: 'eur',
      metadata: { reference: 'B-1' },
    });
  });

  it.each([
    ['currency=usd&payment_method=tok_visa&confirm=true', 'amount'],
    ['amount=0&currency=usd&payment_method=tok_visa&confirm=true', 'amount'],
    ['amount=1.5&currency=usd&payment_method=tok_visa&confirm=true', 'amount'],
    ['amount=1&currency=dollars&payment_method=tok_visa&confirm=true', 'currency'],
    ['amount=1&currency=usd&payment_method=tok_visa', 'confirm'],
  ])('refuses %s, naming %s', async (body, param) => {
    const response = await post(body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error', param } });
    expect((await tally()).captured.count).toBe(0);
  });

  it('refuses what is no JSON, too large, or elsewhere', async () => {
    expect((await post('{"amount":', 'application/json')).status).toBe(400);
    expect((await post('x'.repeat(100_000))).status).toBe(413);
    expect((await fetch(`${origin}/v1/charges`)).status).toBe(404);
    expect((await fetch(`${origin}/v1/payment_intents/pi_unknown`)).status).toBe(404);
    expect((await fetch(`${origin}/v1/payment_intents`)).status).toBe(400);
  });
});

describe('control', () => {
  it('shows and changes the conditions while it runs', async () => {
    const changed = await control('{"latencyMs":2,"seed":9}');
    expect(changed.status).toBe(200);
    expect(await get('/control')).toEqual({ ...calm, latencyMs: 2, seed: 9 });
  });

  it.each(['', '[]', '{"latencyMs":-1}', '{"errorShare":2}', '{"outage":"yes"}', '{"latenzy":1}'])(
    'refuses %s and changes nothing',
    async (body) => {
      expect((await control(body)).status).toBe(400);
      expect(await get('/control')).toEqual(calm);
    },
  );

  it('is away during an outage, and charges nothing meanwhile', async () => {
    await control('{"outage":true}');
    expect((await charge()).status).toBe(503);
    expect((await tally()).captured.count).toBe(0);
    await control('{"outage":false}');
    expect((await charge()).status).toBe(200);
  });

  it('fails the same requests under the same seed, and a failed key may succeed later', async () => {
    const failuresUnderSeed7 = async (prefix: string) => {
      await control('{"errorShare":0.5,"seed":7}');
      const statuses: number[] = [];
      for (let i = 0; i < 20; i++)
        statuses.push((await charge({ key: `${prefix}-${i}`, reference: `${prefix}-${i}` })).status);
      return statuses;
    };
    const first = await failuresUnderSeed7('x');
    expect(new Set(first)).toEqual(new Set([200, 500]));
    expect(await failuresUnderSeed7('y')).toEqual(first);
    await control('{"errorShare":0}');
    const failed = `x-${first.indexOf(500)}`;
    expect((await charge({ key: failed, reference: failed })).status).toBe(200);
  });
});

it('does not share its port', async () => {
  await expect(startProvider('127.0.0.1', provider.port, {})).rejects.toThrow('is taken');
});
