import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, raw } from '../fixtures/http-client.ts';
import { effects, startKernel, tokenFor } from '../fixtures/kernel.ts';

const good = JSON.stringify({ sku: 'ps5', quantity: 1 });
const json = { 'content-type': 'application/json' };
let gateway: Awaited<ReturnType<typeof startKernel>>;
let port: number;

beforeAll(async () => {
  gateway = await startKernel();
  port = gateway.port;
});
afterAll(() => gateway.close());

describe('a bad request', () => {
  test.each([
    ['malformed JSON', '{"sku":', 400, 'invalid_request', undefined],
    ['an empty body', '', 400, 'invalid_request', undefined],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x7b]), 400, 'invalid_request', undefined],
    ['an unknown field', '{"sku":"ps5","quantity":1,"colour":"red"}', 422, 'invalid_request', 'colour'],
    ['a missing field', '{"sku":"ps5"}', 422, 'invalid_request', 'quantity'],
    ['a wrong type', '{"sku":5,"quantity":1}', 422, 'invalid_request', 'sku'],
    ['quantity 0', '{"sku":"ps5","quantity":0}', 422, 'invalid_request', 'quantity'],
    ['a negative quantity', '{"sku":"ps5","quantity":-1}', 422, 'invalid_request', 'quantity'],
    ['quantity 10^18', '{"sku":"ps5","quantity":1000000000000000000}', 422, 'invalid_request', 'quantity'],
    ['quantity 1.5', '{"sku":"ps5","quantity":1.5}', 422, 'invalid_request', 'quantity'],
    [
      'deep nesting',
      `{"sku":${'['.repeat(20_000)}${']'.repeat(20_000)},"quantity":1}`,
      422,
      'invalid_request',
      'sku',
    ],
    ['a body of 1 MB', 'x'.repeat(1_000_000), 413, 'payload_too_large', undefined],
  ])('%s', async (_, body, status, code, field) => {
    effects.length = 0;
    const answer = await ask(port, 'POST', '/orders/1', { body, headers: json });
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.body).toMatchObject({
      type: `urn:doorbuster:error:${code}`,
      status,
      code,
      retryable: false,
    });
    expect(answer.body.field).toBe(field);
    expect(answer.body.requestId).toBe(answer.headers['x-request-id']);
    expect(String(answer.body.detail)).toMatch(/\.$/);
    expect(effects).toEqual([]);
  });

  test('a body of 1 MB in chunks, of unknown length', async () => {
    const answer = await ask(port, 'POST', '/orders/1', {
      body: 'x'.repeat(1_000_000),
      headers: { ...json, 'transfer-encoding': 'chunked' },
    });
    expect(answer.status).toBe(413);
  });

  test('a body of another type', async () => {
    const answer = await ask(port, 'POST', '/orders/1', {
      body: good,
      headers: { 'content-type': 'text/plain' },
    });
    expect(answer).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
    expect((await ask(port, 'POST', '/orders/1', { body: good })).status).toBe(201);
  });

  test('a body in another charset than UTF-8', async () => {
    const statusOf = async (parameters: string) => {
      const headers = { 'content-type': `application/json${parameters}` };
      return (await ask(port, 'POST', '/orders/1', { body: good, headers })).status;
    };
    for (const taken of [
      '; charset=utf-8',
      ';charset=UTF-8',
      '; charset="utf-8"',
      '; charset=utf8; v=1',
      '; v=1',
    ]) {
      expect([taken, await statusOf(taken)]).toEqual([taken, 201]);
    }
    for (const not of [
      '; charset=iso-8859-1',
      ';charset="ISO-8859-1"',
      '; v=1; charset=utf-16',
      '; charset=utf-8; charset=latin1',
      '; charset=utf-88',
      '; charset=',
    ]) {
      expect([not, await statusOf(not)]).toEqual([not, 415]);
    }
  });

  test('a body in a coding, with the one that is taken', async () => {
    effects.length = 0;
    const inCoding = (coding: string, body: string | Buffer = good) =>
      ask(port, 'POST', '/orders/1', { body, headers: { ...json, 'content-encoding': coding } });
    for (const coding of ['gzip', 'br', 'identity, gzip', 'identityx']) {
      const answer = await inCoding(coding, gzipSync(good));
      expect([coding, answer]).toMatchObject([
        coding,
        { status: 415, body: { code: 'unsupported_media_type', field: 'Content-Encoding' } },
      ]);
      expect(answer.headers['accept-encoding']).toBe('identity');
    }
    expect((await inCoding('gzip', Buffer.alloc(100_000))).status).toBe(413);
    expect(effects).toEqual([]);
    for (const coding of ['identity', 'Identity', 'identity, identity', '']) {
      expect([coding, (await inCoding(coding)).status]).toEqual([coding, 201]);
    }
    // What has no body has none in a coding.
    const headers = { 'content-encoding': 'gzip' };
    expect((await ask(port, 'POST', '/optional', { headers })).status).toBe(200);
    // RFC 7694: a 415 for another reason does not name codings.
    const ofOtherType = await ask(port, 'POST', '/orders/1', {
      body: good,
      headers: { 'content-type': 'text/plain' },
    });
    expect(ofOtherType.headers).not.toHaveProperty('accept-encoding');
  });

  test('headers of 32 KB, which the parser refuses; 15 KB pass', async () => {
    const long = (bytes: number) => `GET /cached HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(bytes)}\r\n\r\n`;
    expect(await raw(port, long(32_000), /\[closed\]/)).toMatch(/^HTTP\/1.1 431 /);
    expect(await raw(port, long(15_000), /true\}/)).toMatch(/^HTTP\/1.1 200 /);
  });

  test('an unknown route, and an address that is not encoded', async () => {
    expect(await ask(port, 'GET', '/nowhere')).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(await ask(port, 'POST', '/orders/%ff', { body: good })).toMatchObject({ status: 404 });
    expect((await ask(port, 'HEAD', '/nowhere')).text).toBe('');
  });

  test('a wrong method, with those that are taken', async () => {
    const answer = await ask(port, 'PUT', '/orders/1', { body: good });
    expect(answer).toMatchObject({ status: 405, body: { code: 'method_not_allowed' } });
    expect(answer.headers.allow).toBe('POST, OPTIONS');
    expect((await ask(port, 'DELETE', '/cached')).headers.allow).toBe('GET, HEAD, OPTIONS');
  });

  test('a query that does not fit', async () => {
    const headers = { authorization: `Bearer ${tokenFor('ana')}` };
    expect(await ask(port, 'GET', '/mine?limit=0', { headers })).toMatchObject({
      status: 422,
      body: { field: 'limit' },
    });
    expect(await ask(port, 'GET', '/mine?limit=x', { headers })).toMatchObject({
      status: 422,
      body: { field: 'limit' },
    });
    expect((await ask(port, 'GET', '/mine?limit=7&_=1', { headers })).body).toEqual({
      buyerId: 'ana',
      limit: 7,
    });
  });
});

test('a NUL is no text', async () => {
  expect(await ask(port, 'POST', '/optional', { body: '{"note":"a\\u0000"}' })).toMatchObject({
    status: 422,
    body: { code: 'invalid_request', field: 'note' },
  });
});

test('an optional body may be left out', async () => {
  expect(await ask(port, 'POST', '/optional')).toMatchObject({ status: 200, body: {} });
  expect(await ask(port, 'POST', '/optional', { body: '{"note":"x"}' })).toMatchObject({
    body: { note: 'x' },
  });
  expect(await ask(port, 'POST', '/optional', { body: 'null' })).toMatchObject({ status: 422 });
});
