import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type House, openHouse } from './fixtures/house.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
  // Whoever has no cart has nothing taken out of it, whatever it is called.
  const price = { amount: 100, currency: 'USD' };
  await house.operate('PUT', '/api/v1/admin/stock/ps5', { body: { title: 'PS5', price, units: 5 } });
  await house.until(
    () => house.ask('POST', '/cart/items', { as: 'ana', body: { sku: 'ps5', quantity: 1 } }),
    ({ status }) => status === 200,
  );
});
afterAll(() => house.close());

interface OpenApi {
  paths: Record<string, Record<string, { requestBody?: object; parameters: { name: string; in: string }[] }>>;
}

/** What an operation takes, so that its body is not what is refused. By the end of its path. */
const bodies: [RegExp, object][] = [
  [/\/invitations$/, { buyers: ['ana'] }],
  [/\/beacon$/, { value: 'ab' }],
  [/\/messages$/, { text: 'hello' }],
  [/admin\/sales\/\{saleId\}$/, { title: 'x' }],
  [/\/stock\/\{sku\}$/, { title: 'x', price: { amount: 1, currency: 'USD' }, units: 1 }],
  [/\/refunds$/, { reason: 'x' }],
  [/\/settle$/, { outcome: 'declined', reason: 'x' }],
  [/\/sales\/\{saleId\}\/reservations$/, { items: [{ sku: 'ps5', quantity: 1 }] }],
  [/\/cart\/items\/\{sku\}$/, { quantity: 1 }],
  [/\/checkout\/\{checkoutId\}$/, { couponCode: null }],
  [/\/pay$/, { paymentMethod: 'card', paymentToken: 'tok_visa' }],
  [/\/shipping-address$/, { name: 'Ana', line1: '1 Main St', city: 'X', postalCode: '1', country: 'US' }],
  [/\/returns$/, { items: [{ sku: 'ps5', quantity: 1 }], reason: 'x' }],
];
const bodyOf = (path: string): object => bodies.find(([end]) => end.test(path))?.[1] ?? {};

/** No sale, SKU, order or anything else is ever named so. */
const unheardOf = 'Unheard.Of';
const withNul = ['%00', '%00ps5', 'ps5%00', 'a%00b'];

describe.each([
  ['public', () => house.askAt, { as: 'ana' }],
  ['operator', () => house.operate, {}],
] as const)('an address with a NUL, on the %s plane', (_, plane, caller) => {
  const operations = async () => {
    const { paths } = (await plane()('GET', '/openapi.json')).body as OpenApi;
    return Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        method: method.toUpperCase(),
        path,
        ...operation,
      })),
    );
  };

  test('is answered as any other that nothing is at', async () => {
    const named = (await operations()).filter(({ path }) => path.includes('{'));
    expect(named.length).toBeGreaterThan(10);
    for (const { method, path, requestBody } of named) {
      const askFor = async (name: string) => {
        const { status, body } = await plane()(method, path.replaceAll(/\{\w+\}/g, name), {
          ...caller,
          headers: { 'idempotency-key': 'k' },
          ...(requestBody ? { body: bodyOf(path) } : {}),
        });
        return `${method} ${path}: ${status} ${body.code} ${body.field}`;
      };
      const expected = await askFor(unheardOf);
      // Otherwise something other than the name was refused, and this shows nothing.
      expect(expected).toMatch(/ 404 \w+_not_found | 422 invalid_request sku$|DELETE .*\/cart\/.* 200 /);
      expect(await Promise.all(withNul.map(askFor))).toEqual(withNul.map(() => expected));
    }
  });

  test('is refused where a cursor is none that a page has said', async () => {
    const lists = (await operations()).filter(({ parameters }) =>
      parameters.some(({ name }) => name === 'cursor'),
    );
    expect(lists.length).toBeGreaterThan(0);
    for (const { method, path } of lists) {
      for (const cursor of ['garbage', 'x', Buffer.from("'; DROP").toString('base64url')]) {
        expect(await plane()(method, `${path}?cursor=${cursor}`, caller), path).toMatchObject({
          status: 422,
          body: { code: 'invalid_request', field: 'cursor', detail: expect.stringContaining('nextCursor') },
        });
      }
    }
  });

  test('is refused where a parameter of the query has it', async () => {
    const listed = (await operations()).filter(({ parameters }) =>
      parameters.some((parameter) => parameter.in === 'query'),
    );
    expect(listed.length).toBeGreaterThan(0);
    for (const { method, path, parameters } of listed) {
      for (const { name } of parameters.filter((parameter) => parameter.in === 'query')) {
        for (const text of withNul) {
          expect(await plane()(method, `${path}?${name}=${text}`, caller), path).toMatchObject({
            status: 422,
            body: { code: 'invalid_request', field: name },
          });
        }
      }
    }
  });
});
