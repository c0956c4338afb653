import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ChargeRequest, PaymentProvider } from '../../engine/contracts/ports.ts';
import { testSimulator } from '../fixtures/simulator.ts';
import { createPaymentProvider, type ProviderOptions } from './create.ts';

let simulator: Awaited<ReturnType<typeof testSimulator>>;
beforeEach(async () => {
  simulator = await testSimulator();
});
afterEach(() => simulator.close());

let number = 0;
const request = (paymentToken: string): ChargeRequest => {
  number += 1;
  const reference = `AAAA-${number}`;
  const amount = { amount: 49_900, currency: 'USD' };
  const answerByMs = Number.POSITIVE_INFINITY;
  return { paymentId: `pay_${number}`, amount, paymentToken, reference, keyOverAtMs: null, answerByMs };
};

describe.each(['thin', 'stripe'] as const)('%s', (kind) => {
  const adapter = (options: Partial<ProviderOptions> = {}): PaymentProvider =>
    createPaymentProvider('primary', simulator.url, {
      kind,
      apiKey: 'sk_test_of_the_tests',
      timeoutMs: 30_000,
      ...options,
    });
  const captured = async (provider: PaymentProvider) => {
    const charge = request('tok_visa');
    const outcome = await provider.charge(charge);
    if (outcome.kind !== 'captured') throw new Error(JSON.stringify(outcome));
    return { ...charge, providerReference: outcome.providerReference };
  };

  /** Uses the adapter with a provider that answers so, whatever it is. */
  const withProvider = async <T>(
    answer: RequestListener,
    use: (provider: PaymentProvider) => Promise<T>,
  ): Promise<T> => {
    const server = createServer(answer);
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      return await use(createPaymentProvider('primary', url, { kind, apiKey: 'sk_test_of_the_tests' }));
    } finally {
      server.closeAllConnections();
      server.close();
    }
  };

  /**
   * What is found of `pay_1`, whose provider's name is not known, where the list answers so. Whatever it names is taken
   * by now.
   */
  const foundAt = (answer: (query: string | null) => [status: number, body: object]) =>
    withProvider(
      (asked, response) => {
        const { pathname, searchParams } = new URL(asked.url ?? '', 'http://provider.test');
        const id = pathname.split('/').at(-1);
        const [status, body] =
          id === 'search'
            ? answer(searchParams.get('query'))
            : [200, { id, object: 'payment_intent', status: 'succeeded' }];
        response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
      },
      (provider) => provider.find({ paymentId: 'pay_1', providerReference: null }),
    );

  test('charges once per payment, and finds it again', async () => {
    const provider = adapter();
    const charge = request('tok_visa');
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => provider.charge(charge)));
    const [first] = outcomes;
    expect(first).toMatchObject({ kind: 'captured', providerReference: expect.stringMatching(/^pi_/) });
    expect(outcomes.every((outcome) => JSON.stringify(outcome) === JSON.stringify(first))).toBe(true);
    expect((await simulator.tally()).captured).toEqual({
      count: 1,
      sums: [{ amount: 49_900, currency: 'USD' }],
    });
    expect(await provider.find({ ...charge, providerReference: null })).toEqual(first);
    expect(await provider.find({ ...request(''), providerReference: null })).toEqual({ kind: 'none' });
    expect(await provider.find({ ...request(''), providerReference: 'pi_unknown' })).toEqual({
      kind: 'none',
    });
  });

  test('finds a charge by its payment, also when its key has been forgotten', async () => {
    const found = await foundAt((query) => {
      const isFound = query === "metadata['payment_id']:'pay_1'";
      const data = isFound ? [{ id: 'pi_1', object: 'payment_intent', status: 'succeeded' }] : [];
      return [200, { object: 'list', data, has_more: false }];
    });
    expect(found).toEqual({ kind: 'captured', providerReference: 'pi_1' });
  });

  test.each(['processing', 'requires_payment_method', 'requires_capture', 'canceled'])(
    'what the list says of a charge may be old: it is %s there, and taken',
    async (status) => {
      const data = [{ id: 'pi_1', object: 'payment_intent', status }];
      const found = await foundAt(() => [200, { object: 'list', data, has_more: false }]);
      expect(found).toEqual({ kind: 'captured', providerReference: 'pi_1' });
    },
  );

  test('a list that is not there says nothing about a charge', async () => {
    expect(await foundAt(() => [404, { error: {} }])).toMatchObject({ kind: 'unknown' });
  });

  test.each([
    ['tok_declined', 'card_declined'],
    ['tok_insufficient', 'insufficient_funds'],
    ['tok_unheard_of', 'resource_missing'],
  ])('%s is declined as %s', async (token, declineCode) => {
    expect(await adapter().charge(request(token))).toMatchObject({ kind: 'declined', declineCode });
  });

  test('an answer that never comes is unknown; the same id then gets it', async () => {
    const charge = request('tok_timeout');
    expect(await adapter({ timeoutMs: 300 }).charge(charge)).toMatchObject({ kind: 'unknown' });
    expect(await adapter().charge(charge)).toMatchObject({ kind: 'captured' });
    expect((await simulator.tally()).captured.count).toBe(1);
  });

  test('a failure is unknown; one that is repeated for its id, with nothing held, is a refusal', async () => {
    const provider = adapter();
    const charge = request('tok_error');
    expect(await provider.charge(charge)).toMatchObject({ kind: 'unknown' });
    expect(await provider.charge(charge)).toMatchObject({ kind: 'declined', declineCode: 'provider_error' });
    const patient = adapter({ listLagMs: 60_000 });
    expect(await patient.charge(charge)).toMatchObject({ kind: 'unknown' });
    const overFor = (ms: number) => patient.charge({ ...charge, keyOverAtMs: Date.now() - ms });
    expect(await overFor(30_000)).toMatchObject({ kind: 'unknown', isKeyOver: true });
    expect(await overFor(60_001)).toMatchObject({ kind: 'declined', declineCode: 'provider_error' });
  });

  test('a failure that is only repeated, however often, keeps nobody from charging', async () => {
    const provider = adapter({ listLagMs: 60_000 });
    const charge = request('tok_error');
    for (let made = 0; made < 40; made += 1) {
      expect(await provider.charge(charge)).toMatchObject({ kind: 'unknown' });
    }
    expect(await provider.charge(request('tok_visa'))).toMatchObject({ kind: 'captured' });
  });

  test('an id that was used for something else is what that something did', async () => {
    const provider = adapter();
    const charge = await captured(provider);
    expect(await provider.charge({ ...charge, paymentToken: 'tok_declined' })).toMatchObject({
      kind: 'captured',
      providerReference: charge.providerReference,
    });
  });

  test('a buyer has a part to do, and does it', async () => {
    const provider = adapter();
    const charge = request('tok_3ds');
    const outcome = await provider.charge(charge);
    if (outcome.kind !== 'requires_action') throw new Error(JSON.stringify(outcome));
    expect(await provider.find({ ...charge, ...outcome })).toEqual(outcome);
    await simulator.authenticate(outcome.url, 'complete');
    expect(await provider.find({ ...charge, ...outcome })).toMatchObject({ kind: 'captured' });
    expect(await provider.void({ ...charge, ...outcome })).toMatchObject({ kind: 'refused' });
  });

  test('a buyer who says no at the bank is declined; one who never comes is voided', async () => {
    const provider = adapter();
    const [no, never] = [request('tok_3ds'), request('tok_3ds')];
    const [atBank, nowhere] = [await provider.charge(no), await provider.charge(never)];
    if (atBank.kind !== 'requires_action' || nowhere.kind !== 'requires_action') throw new Error();
    await simulator.authenticate(atBank.url, 'refuse');
    expect(await provider.find({ ...no, ...atBank })).toMatchObject({
      kind: 'declined',
      declineCode: 'authentication_required',
    });
    expect(await provider.void({ ...never, ...nowhere })).toEqual({ kind: 'voided' });
    expect(await provider.void({ ...never, ...nowhere })).toEqual({ kind: 'voided' });
    expect(await provider.find({ ...never, ...nowhere })).toMatchObject({ kind: 'voided' });
  });

  test('what is authorized is captured or voided, once', async () => {
    const provider = adapter({ captureMethod: 'manual' });
    const [taken, given] = [request('tok_visa'), request('tok_visa')];
    expect(await provider.charge(taken)).toMatchObject({ kind: 'authorized' });
    expect(await provider.charge(given)).toMatchObject({ kind: 'authorized' });
    const { amount, answerByMs } = taken;
    const one = { ...taken, providerReference: null };
    expect(await Promise.all([provider.capture(one), provider.capture(one)])).toEqual([
      { kind: 'captured' },
      { kind: 'captured' },
    ]);
    expect(await provider.void({ ...given, providerReference: null })).toEqual({ kind: 'voided' });
    expect(await provider.capture({ ...given, providerReference: null, amount, answerByMs })).toMatchObject({
      kind: 'refused',
    });
    expect(await simulator.tally()).toMatchObject({
      captured: { count: 1 },
      voided: { count: 1 },
      authorized: { count: 0 },
    });
  });

  test('refunds once per id, in parts, and never more than was captured', async () => {
    const provider = adapter();
    const payment = await captured(provider);
    const part = {
      ...payment,
      refundId: 'rfd_1',
      amount: { amount: 900, currency: 'USD' },
      reason: 'why',
    } as const;
    const refunds = await Promise.all([provider.refund(part), provider.refund(part)]);
    expect(refunds[0]).toMatchObject({
      kind: 'refunded',
      providerRefundReference: expect.stringMatching(/^re_/),
    });
    expect(refunds[1]).toEqual(refunds[0]);
    const rest = { ...part, refundId: 'rfd_2', amount: { amount: 49_001, currency: 'USD' } } as const;
    expect(await provider.refund(rest)).toEqual({ kind: 'refused', code: 'amount_too_large' });
    const { providerReference } = payment;
    const look = (refundId: `rfd_${string}`) =>
      provider.findRefund({ refundId, providerReference, providerRefundReference: null });
    expect([await look('rfd_1'), await look('rfd_2')]).toEqual([refunds[0], { kind: 'none' }]);
    expect((await simulator.tally()).refunded).toEqual({
      count: 1,
      sums: [{ amount: 900, currency: 'USD' }],
    });
  });

  test.each([
    ['USD', 49_900, 49_900],
    ['JPY', 499, 499],
    ['HUF', 49_905, 49_905],
    ['TWD', 49_905, 49_905],
    ['ISK', 499, 49_900],
    ['UGX', 499, 49_900],
    ['MGA', 49_900, 499],
    ['MGA', 49_905, null],
    ['BHD', 49_900, 49_900],
    ['KWD', 49_905, null],
    ['KWD', 5, null],
  ])('in %s, %i minor units are charged and refunded as %s at Stripe', async (currency, amount, atStripe) => {
    const provider = adapter();
    const units = kind === 'stripe' ? atStripe : amount;
    const charge = { ...request('tok_visa'), amount: { amount, currency } };
    const charged = await provider.charge(charge);
    const providerReference = charged.kind === 'captured' ? charged.providerReference : 'pi_1';
    const refund = { ...charge, refundId: 'rfd_1', providerReference, reason: 'why' } as const;
    const refunded = await provider.refund(refund);
    const { captured: taken, declined, refunded: given } = await simulator.tally();
    if (units === null) {
      const code = 'amount_not_supported';
      expect(charged).toEqual({ kind: 'declined', declineCode: code, providerReference: null });
      expect(refunded).toEqual({ kind: 'refused', code });
      expect([taken.count, declined.count, given.count]).toEqual([0, 0, 0]);
    } else {
      expect([charged.kind, refunded.kind]).toEqual(['captured', 'refunded']);
      expect([taken.sums, given.sums]).toEqual(Array(2).fill([{ amount: units, currency }]));
    }
  });

  test('a refund that is not paid back yet is pending, and is looked at by its name from then on', async () => {
    const asked: string[] = [];
    let status = 'pending';
    const answer: RequestListener = (request, response) => {
      asked.push(`${request.method} ${request.url}`);
      response.setHeader('Content-Type', 'application/json');
      if (status === 'gone') response.statusCode = 404;
      response.end(
        JSON.stringify(status === 'gone' ? { error: {} } : { id: 're_1', object: 'refund', status }),
      );
    };
    await withProvider(answer, async (provider) => {
      const payment = {
        ...request('tok_visa'),
        providerReference: 'pi_1',
        refundId: 'rfd_1',
        reason: 'why',
      } as const;
      const pending = { kind: 'pending', providerRefundReference: 're_1' } as const;
      expect(await provider.refund(payment)).toEqual(pending);
      const outcomes: unknown[] = [];
      for (status of ['requires_action', 'succeeded', 'failed', 'canceled', 'gone']) {
        outcomes.push(await provider.findRefund({ ...payment, ...pending }));
      }
      expect(outcomes).toEqual([
        pending,
        { kind: 'refunded', providerRefundReference: 're_1' },
        { kind: 'refused', code: 'failed' },
        { kind: 'refused', code: 'canceled' },
        { kind: 'unknown', reason: 'the provider answered 404', isOfThisAlone: true },
      ]);
      expect(asked).toEqual(['POST /v1/refunds', ...Array(5).fill('GET /v1/refunds/re_1')]);
    });
  });

  test('a refund is looked for through all pages of the list, and unknown where the list cannot be read', async () => {
    const asked: (string | null)[] = [];
    const answer: RequestListener = (request, response) => {
      const { searchParams: of } = new URL(request.url ?? '', 'http://provider.test');
      const after = of.get('starting_after');
      asked.push(after);
      const row = (id: string, refundId: string) => ({
        ...{ id, object: 'refund', status: 'succeeded', metadata: { refund_id: refundId } },
      });
      const pages: Record<string, object> = {
        first: { object: 'list', has_more: true, data: [row('re_3', 'rfd_3'), row('re_2', 'rfd_2')] },
        re_2: { object: 'list', has_more: false, data: [row('re_1', 'rfd_1')] },
      };
      const isKnown = of.get('payment_intent') === 'pi_1';
      response.writeHead(isKnown ? 200 : 500, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(isKnown ? pages[after ?? 'first'] : { error: {} }));
    };
    await withProvider(answer, async (provider) => {
      const look = (refundId: `rfd_${string}`, providerReference = 'pi_1') =>
        provider.findRefund({ refundId, providerReference, providerRefundReference: null });
      expect(await look('rfd_1')).toEqual({ kind: 'refunded', providerRefundReference: 're_1' });
      expect(await look('rfd_4')).toEqual({ kind: 'none' });
      expect(asked).toEqual([null, 're_2', null, 're_2']);
      expect(await look('rfd_1', 'pi_2')).toMatchObject({ kind: 'unknown' });
    });
  });

  test('a charge that was not over when its answer came is looked at by its name, however often that is repeated', async () => {
    let status = 'processing';
    const asked: string[] = [];
    const answer: RequestListener = (request, response) => {
      asked.push(`${request.method} ${request.url}`);
      const told = request.method === 'POST' ? 'processing' : status;
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify({ id: 'pi_1', object: 'payment_intent', status: told }));
    };
    await withProvider(answer, async (provider) => {
      const charge = request('tok_visa');
      expect(await provider.charge(charge)).toMatchObject({ kind: 'unknown' });
      status = 'succeeded';
      expect(await provider.charge(charge)).toEqual({ kind: 'captured', providerReference: 'pi_1' });
      const each = ['POST /v1/payment_intents', 'GET /v1/payment_intents/pi_1'];
      expect(asked).toEqual([...each, ...each]);
    });
  });

  test.each([403, 429])(
    'a charge that was taken in stays unknown where looking at it is turned away with %i',
    async (turnedAway) => {
      let charged = 200;
      const answer: RequestListener = (request, response) => {
        const status = request.method === 'POST' ? charged : turnedAway;
        const headers = { 'Content-Type': 'application/json', 'Idempotent-Replayed': 'true' };
        const intent = { id: 'pi_1', object: 'payment_intent', status: 'processing' };
        response.writeHead(status, headers).end(JSON.stringify(status === 200 ? intent : { error: {} }));
      };
      await withProvider(answer, async (provider) => {
        const unknown = { kind: 'unknown', reason: `the provider answered ${turnedAway}` };
        expect(await provider.charge(request('tok_visa'))).toMatchObject(unknown);
        charged = 500;
        expect(await provider.charge(request('tok_visa'))).toMatchObject(unknown);
      });
    },
  );

  test.each([403, 404, 409, 429])(
    'refunds that are answered with %i, however often, keep nobody from charging',
    async (status) => {
      const answer: RequestListener = (request, response) => {
        const isRefund = request.url?.startsWith('/v1/refunds');
        response.writeHead(isRefund ? status : 402, { 'Content-Type': 'application/json' });
        response.end(JSON.stringify({ error: { code: 'card_declined' } }));
      };
      await withProvider(answer, async (provider) => {
        const refund = {
          ...request('tok_visa'),
          providerReference: 'pi_1',
          refundId: 'rfd_1',
          providerRefundReference: 're_1',
          reason: 'why',
        } as const;
        const reason = `the provider answered ${status}`;
        for (let made = 0; made < 40; made += 1) {
          expect(await provider.findRefund(refund)).toMatchObject({ reason });
        }
        expect(await provider.charge(request('tok_visa'))).toMatchObject({ kind: 'declined' });
      });
    },
  );

  test('an outage is unknown, and soon nobody is asked any more', async () => {
    const provider = adapter();
    await simulator.change({ outage: true });
    expect(await provider.charge(request('tok_visa'))).toMatchObject({ kind: 'unknown' });
    await Promise.all(Array.from({ length: 40 }, () => provider.charge(request('tok_visa'))));
    expect(await provider.charge(request('tok_visa'))).toMatchObject({
      kind: 'unavailable',
      reason: expect.stringMatching(/breaker/i),
    });
    expect((await simulator.tally()).captured.count).toBe(0);
  });
});
