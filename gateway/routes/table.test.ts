import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import type { CartStore } from '../../engine/contracts/carts.ts';
import { errorCatalogue } from '../../engine/contracts/errors.ts';
import type { BuyerOrders } from '../../engine/contracts/fulfilment.ts';
import { clientFrames } from '../../engine/contracts/wire/socket.ts';
import { liveSale, scriptedEngine } from '../fixtures/scripted-engine.ts';
import { openApiOf, refusalCodesOf } from '../http/openapi.ts';
import { type Route, takesBody } from '../http/route.ts';
import { operatorRoutes } from '../operator/operator-plane.ts';
import { asyncApiOf } from '../socket/asyncapi.ts';
import { broadcastEvents, pushedEvents, serverEvents } from '../socket/events.ts';
import { ops } from '../socket/ops.ts';
import { OutcomeWatch } from './outcome-watch.ts';
import { PaymentCounter } from './pay.ts';
import { publicRoutes } from './table.ts';

const info = { title: 'Doorbuster', description: 'A test.', version: '0.0.0' };
const { engine } = scriptedEngine({ sales: [liveSale('ps5')] });
const tableWith = (devSecret: string | null): Route[] =>
  publicRoutes({
    engine,
    orderStore: { order: async () => null, orders: async () => ({ data: [], nextCursor: null }) },
    buyerOrders: {} as BuyerOrders,
    carts: {} as CartStore,
    drawStore: { proofAtHand: () => null, proof: async () => null },
    counter: new PaymentCounter(engine.desk, new OutcomeWatch(engine)),
    providerEvents: { take: async () => ({ kind: 'taken' }) },
    readiness: {},
    signingKeys: { published: () => [] },
    devLogins: devSecret === null ? null : { secret: devSecret },
    info,
    asyncApi: () => asyncApiOf(info),
  });
const routes = tableWith('a secret of at least thirty-two characters');
const operators = operatorRoutes({ readiness: {} } as unknown as Parameters<typeof operatorRoutes>[0]);

type Operations = Record<string, Record<string, Operation>>;
interface Operation {
  operationId: string;
  security?: object[];
  parameters: { name: string; in: string }[];
  requestBody?: object;
  responses: Record<string, { headers?: Record<string, object> }>;
}
interface OpenApi {
  paths: Operations;
  components: Record<string, Record<string, object>>;
}

async function servedDocument(path: string): Promise<Record<string, unknown>> {
  const route = routes.find((candidate) => candidate.path === path);
  const reply = await route?.answer({} as Parameters<Route['answer']>[0]);
  return JSON.parse(String((reply as { body?: string } | undefined)?.body));
}

test('the OpenAPI document is valid', async () => {
  for (const document of [await servedDocument('/openapi.json'), openApiOf(operators, info, {})]) {
    const result = await new Validator().validate(structuredClone(document) as Record<string, unknown>);
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
  }
});

test('the route table is in the document, and nothing else is', async () => {
  const { paths } = (await servedDocument('/openapi.json')) as unknown as OpenApi;
  const documented = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(documented.toSorted()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).toSorted());
  for (const route of routes) {
    const operation = paths[route.path]?.[route.method.toLowerCase()] as Operation;
    expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(Object.keys(route.replies)));
    expect(Boolean(operation.security)).toBe(route.access !== 'public');
    expect(Boolean(operation.requestBody)).toBe(takesBody(route));
    const parameters = operation.parameters.map((parameter) => `${parameter.in} ${parameter.name}`);
    for (const [, name] of route.path.matchAll(/\{(\w+)\}/g)) expect(parameters).toContain(`path ${name}`);
    for (const name of Object.keys(route.query?.properties ?? {}))
      expect(parameters).toContain(`query ${name}`);
    for (const code of refusalCodesOf(route)) {
      expect(operation.responses).toHaveProperty(String(errorCatalogue[code].status));
    }
  }
});

test('whatever changes something checks what it was sent, also where it needs nothing', () => {
  const unchecked = [...routes, ...operators].filter(
    (route) => ['POST', 'PUT', 'PATCH'].includes(route.method) && !takesBody(route),
  );
  expect(unchecked).toEqual([]);
});

test('the document tells which headers answers carry', async () => {
  const { paths } = (await servedDocument('/openapi.json')) as unknown as OpenApi;
  const operation = (method: string, path: string) => paths[`/api/v1${path}`]?.[method] as Operation;
  const carries = (method: string, path: string, status: number) =>
    Object.keys(operation(method, path).responses[status]?.headers ?? {});
  const counted = ['X-Request-Id', 'RateLimit', 'RateLimit-Policy'];

  for (const status of [200, 304]) {
    expect(carries('get', '/sales', status)).toEqual([...counted, 'Cache-Control', 'ETag']);
  }
  expect(operation('get', '/sales').parameters).toContainEqual(
    expect.objectContaining({ in: 'header', name: 'If-None-Match' }),
  );
  const pay = '/checkout/{checkoutId}/pay';
  const ofOutcomes = ['Idempotency-Replayed', 'Preference-Applied'];
  expect(carries('post', pay, 201)).toEqual([...counted, ...ofOutcomes]);
  expect(carries('post', pay, 202)).toEqual([...counted, ...ofOutcomes, 'Location', 'Retry-After']);
  expect(carries('post', pay, 402)).toEqual([...counted, ...ofOutcomes]);
  expect(carries('post', pay, 409)).toEqual([...counted, 'Retry-After', ...ofOutcomes]);
  for (const status of [429, 503]) expect(carries('post', pay, status)).toEqual([...counted, 'Retry-After']);
  expect(carries('get', '/orders', 401)).toEqual([...counted, 'WWW-Authenticate']);
  expect(carries('post', '/orders/{id}/cancel', 200)).toEqual([...counted, 'Idempotency-Replayed']);
  expect(carries('post', '/sales/{saleId}/reservations', 201)).toEqual([...counted, 'Location']);
  expect(Object.keys(paths['/healthz']?.get?.responses['200']?.headers ?? {})).toEqual(['X-Request-Id']);
});

test('every reference in the document leads somewhere, and every operation has a name of its own', async () => {
  const document = (await servedDocument('/openapi.json')) as unknown as OpenApi;
  const references = [...JSON.stringify(document).matchAll(/"#\/components\/(\w+)\/([\w-]+)"/g)];
  expect(references.length).toBeGreaterThan(20);
  for (const [, kind, name] of references) {
    expect(document.components).toHaveProperty([kind as string, name as string]);
  }
  const ids = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).map((one) => one.operationId),
  );
  expect(new Set(ids).size).toBe(ids.length);
});

test('development logins exist only where they were switched on', () => {
  const isDevToken = ({ path }: Route) => path.endsWith('/dev-token');
  expect(routes.some(isDevToken)).toBe(true);
  expect(tableWith(null).some(isDevToken)).toBe(false);
});

test('who may call what is denied by default', () => {
  const open = (table: Route[]) => table.filter(({ access }) => access === 'public').map(({ path }) => path);
  expect(open(routes)).toEqual([
    '/api/v1/sales',
    '/api/v1/sales/{saleId}',
    '/api/v1/sales/{saleId}/draw',
    '/api/v1/sales/{saleId}/challenge',
    '/api/v1/webhooks/payments/{provider}',
    '/api/v1/auth/dev-token',
    '/healthz',
    '/readyz',
    '/.well-known/jwks.json',
    '/',
    '/openapi.json',
    '/asyncapi.json',
    '/ws',
  ]);
  const guests = routes.filter(({ access }) => access === 'guest').map(({ path }) => path);
  expect(guests.every((path) => path.startsWith('/api/v1/cart'))).toBe(true);
  expect(open(operators)).toEqual(['/healthz', '/readyz', '/metrics', '/openapi.json']);
  expect(
    operators.filter(({ path }) => path.startsWith('/api')).every(({ access }) => access === 'admin'),
  ).toBe(true);
});

test('the AsyncAPI document names every operation and event, and its references lead somewhere', async () => {
  const document = await servedDocument('/asyncapi.json');
  const { operations } = document as { operations: Record<string, object> };
  expect(Object.keys(ops)).toEqual(Object.keys(clientFrames));
  expect(Object.keys(operations).toSorted()).toEqual(
    [...Object.keys(clientFrames), 'broadcasts', 'pushes'].toSorted(),
  );
  for (const [, pointer] of JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
    const target = (pointer as string)
      .split('/')
      .reduce<unknown>((at, step) => (at as Record<string, unknown>)?.[step], document);
    expect(target, pointer).toBeTypeOf('object');
  }
  const said = [
    ...Object.values(ops).flatMap(({ answers }) => answers),
    ...broadcastEvents,
    ...pushedEvents,
    'error',
  ];
  expect([...new Set(said)].toSorted()).toEqual(Object.keys(serverEvents).toSorted());
});
