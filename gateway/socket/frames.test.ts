import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDoor, tokenFor } from '../fixtures/door.ts';
import { SocketClient } from '../fixtures/socket-client.ts';
import { Limits } from '../guard/limits.ts';

let port: number;
let close: () => void;

beforeAll(async () => {
  ({ port, close } = await openDoor());
});
afterAll(() => close());

describe('a bad frame is answered, and the socket stays open', () => {
  test.each([
    ['no JSON', 'hello', undefined, undefined],
    ['an array', '[]', undefined, undefined],
    ['null', 'null', undefined, undefined],
    ['no op', '{"ref":7}', 'op', 7],
    ['an unknown op', '{"op":"steal","ref":7}', 'op', 7],
    ['an op of the prototype', '{"op":"constructor","ref":7}', 'op', 7],
    ['no ref', '{"op":"ping"}', 'ref', undefined],
    ['a ref that is no number', '{"op":"ping","ref":"1"}', 'ref', undefined],
    ['an unknown field', '{"op":"watch","ref":7,"saleId":"ps5","colour":"red"}', 'colour', 7],
    ['a missing field', '{"op":"watch","ref":7}', 'saleId', 7],
    ['a NUL', '{"op":"watch","ref":7,"saleId":"a\\u0000"}', 'saleId', 7],
    [
      'quantity 0',
      '{"op":"reserve","ref":7,"saleId":"ps5","items":[{"sku":"a","quantity":0}]}',
      'items.0.quantity',
      7,
    ],
    [
      'quantity 1.5',
      '{"op":"reserve","ref":7,"saleId":"ps5","items":[{"sku":"a","quantity":1.5}]}',
      'items.0.quantity',
      7,
    ],
  ])('%s', async (_, text, field, ref) => {
    const client = await SocketClient.open(port, { token: tokenFor('ana') });
    client.sendText(text);
    const error = await client.next(({ ev }) => ev === 'error');
    expect(error).toMatchObject({
      type: 'urn:doorbuster:error:invalid_request',
      code: 'invalid_request',
      retryable: false,
    });
    expect([error.field, error.ref]).toEqual([field, ref]);
    expect(error.requestId).toMatch(/^req_/);
    expect(await client.ask({ op: 'ping' })).toMatchObject({ ev: 'pong' });
    client.close();
  });

  test.each([-1, 1.5, 0, 1e300])('but not for its ref, if that is a number: %s', async (ref) => {
    const client = await SocketClient.open(port);
    client.sendText(JSON.stringify({ op: 'ping', ref }));
    expect(await client.next(({ ref: said }) => said === ref)).toMatchObject({ ev: 'pong' });
    client.close();
  });

  test('binary', async () => {
    const client = await SocketClient.open(port);
    client.ws.send(Buffer.from('{"op":"ping","ref":1}'));
    expect(await client.next('error')).toMatchObject({ code: 'invalid_request' });
    expect(await client.ask({ op: 'ping' })).toMatchObject({ ev: 'pong' });
    client.close();
  });

  test('a buyer’s op without a buyer', async () => {
    const client = await SocketClient.open(port);
    expect(await client.ask({ op: 'join', saleId: 'ps5' })).toMatchObject({
      ev: 'error',
      code: 'unauthenticated',
    });
    client.close();
  });

  test('an unknown sale', async () => {
    const client = await SocketClient.open(port);
    expect(await client.ask({ op: 'watch', saleId: 'nothing' })).toMatchObject({
      ev: 'error',
      code: 'sale_not_found',
    });
    client.close();
  });

  test('a spent limit of the buyer', async () => {
    const limits = new Limits(
      {
        RATE_BUYER_PER_SECOND: 1,
        RATE_BUYER_BURST: 2,
        RATE_ADDRESS_PER_SECOND: 100,
        RATE_ADDRESS_BURST: 100,
      },
      { isLoopbackExempt: false },
    );
    const limited = await openDoor({ limits });
    try {
      const client = await SocketClient.open(limited.port, { token: tokenFor('ana') });
      await client.ask({ op: 'join', saleId: 'ps5' });
      await client.ask({ op: 'join', saleId: 'ps5' });
      const refused = await client.ask({ op: 'join', saleId: 'ps5' });
      expect(refused).toMatchObject({ ev: 'error', code: 'rate_limited', retryable: true });
      expect(refused.retryAfterSeconds).toBeGreaterThan(0);
      expect(await client.ask({ op: 'ping' })).toMatchObject({ ev: 'pong' });
      client.close();
    } finally {
      limited.close();
    }
  });
});

test('what counts for no buyer counts for the address, on all of its sockets', async () => {
  const limits = new Limits(
    { RATE_BUYER_PER_SECOND: 100, RATE_BUYER_BURST: 100, RATE_ADDRESS_PER_SECOND: 1, RATE_ADDRESS_BURST: 3 },
    { isLoopbackExempt: false },
  );
  const limited = await openDoor({ limits });
  const frames = [
    { op: 'watch', saleId: 'ps5' },
    { op: 'unwatch', saleId: 'ps5' },
    { op: 'auth', token: tokenFor('ana') },
    { op: 'ping' },
  ];
  try {
    const clients = [await SocketClient.open(limited.port), await SocketClient.open(limited.port)] as const;
    // A burst of requests, four frames each, and whatever comes meanwhile.
    const spend = async (frame: object) => {
      for (let sent = 0; sent < 90; sent += 1) {
        const answer = await clients[0].ask(frame);
        if (answer.code === 'rate_limited') return answer;
      }
      return null;
    };
    for (const frame of frames) {
      const refused = await spend(frame);
      expect(refused, frame.op).toMatchObject({ ev: 'error', retryable: true, retryAfterSeconds: 1 });
    }
    expect(await clients[1].ask({ op: 'ping' })).toMatchObject({ code: 'rate_limited' });
    // Nor may whoever nobody knows ask for what is a buyer's.
    const unknown = await Promise.all(
      Array.from({ length: 20 }, () => clients[1].ask({ op: 'leave', saleId: 'ps5' })),
    );
    expect(unknown.map(({ code }) => code)).toContain('rate_limited');
    for (const client of clients) client.close();
  } finally {
    limited.close();
  }
});

test('a payment without a key is told so as over HTTP', async () => {
  const client = await SocketClient.open(port, { token: tokenFor('ana') });
  client.sendText(
    '{"op":"pay","ref":3,"checkoutId":"chk_x","paymentMethod":"card","paymentToken":"tok_visa"}',
  );
  const error = await client.next(({ ev }) => ev === 'error');
  expect(error).toMatchObject({ ref: 3, code: 'idempotency_key_required' });
  client.close();
});
