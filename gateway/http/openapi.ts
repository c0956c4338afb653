import type Type from 'typebox';
import { type ErrorCode, errorCatalogue } from '../../engine/contracts/errors.ts';
import { Problem } from '../../engine/contracts/wire/common.ts';
import {
  answerHeaders,
  type HeaderName,
  headersOfRefusal,
  headersOfReply,
  isCounted,
} from './answer-headers.ts';
import { problemType } from './refusal.ts';
import { type AskedHeader, type Route, takesBody } from './route.ts';

/** Schemas that get a name in the document; whatever else is inside a route is written out where it stands. */
export type NamedSchemas = Readonly<Record<string, Type.TSchema>>;

export interface DocumentInfo {
  title: string;
  description: string;
  version: string;
}

/** The kernel refuses with these on every route, whatever the operation does. */
const everywhere: ErrorCode[] = ['internal_error', 'overloaded', 'unavailable'];
const withBody: ErrorCode[] = [
  'invalid_request',
  'payload_too_large',
  'unsupported_media_type',
  'request_timeout',
];

/** Every code that a route can refuse with: those of its operation, and those of the guards in front of it. */
export function refusalCodesOf(route: Route): ErrorCode[] {
  const codes: ErrorCode[] = [...route.refusals, ...everywhere];
  if (isCounted(route)) codes.push('rate_limited');
  if (route.access !== 'public') codes.push('unauthenticated', 'token_expired');
  if (route.access === 'admin') codes.push('forbidden');
  if (takesBody(route)) codes.push(...withBody);
  if (route.query) codes.push('invalid_request');
  // A parameter that is not percent-encoded UTF-8.
  if (route.path.includes('{')) codes.push('not_found');
  if (route.asks.includes('idempotency-key')) codes.push('idempotency_key_required', 'invalid_request');
  return [...new Set(codes)].sort();
}

/** The OpenAPI 3.1 document of a route table; TypeBox schemas are JSON Schema and go in as they are. */
export function openApiOf(routes: readonly Route[], info: DocumentInfo, named: NamedSchemas): object {
  const names = new Map<unknown, string>(Object.entries(named).map(([name, schema]) => [schema, name]));
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    paths[route.path] ??= {};
    (paths[route.path] as Record<string, object>)[route.method.toLowerCase()] = operationOf(route, names);
  }
  const schemas = Object.fromEntries(
    Object.entries({ ...named, Problem }).map(([name, schema]) => [name, withNames(schema, names, schema)]),
  );
  return {
    openapi: '3.1.1',
    info: { ...info, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/' }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas,
      headers: answerHeaders,
      responses: { MethodNotAllowed: methodNotAllowed },
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  };
}

const problemContent = { [problemType]: { schema: { $ref: '#/components/schemas/Problem' } } };

const headerRefs = (names: readonly HeaderName[]) =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

/** What every address answers to a method that it has no operation for. */
const methodNotAllowed = {
  description: '`method_not_allowed`: this address does not take that method',
  headers: headerRefs(['X-Request-Id', 'Allow']),
  content: problemContent,
};

type Names = ReadonlyMap<unknown, string>;

function operationOf(route: Route, names: Names): object {
  return {
    operationId: operationIdOf(route),
    tags: [route.tag],
    summary: route.summary,
    ...(route.description ? { description: route.description } : {}),
    ...(route.access === 'public'
      ? {}
      : { security: [...(route.access === 'guest' ? [{}] : []), { bearer: [] }] }),
    parameters: parametersOf(route),
    ...(takesBody(route) ? { requestBody: bodyOf(route, names) } : {}),
    responses: responsesOf(route, names),
  };
}

const bodyOf = ({ body, rawBody }: Route, names: Names): object =>
  body
    ? {
        required: Boolean(body.required?.length),
        content: { 'application/json': { schema: withNames(body, names) } },
      }
    : {
        required: true,
        content: { 'application/json': { schema: { type: 'object', description: rawBody } } },
      };

/** `POST /api/v1/sales/{saleId}/tickets` → `postSalesTickets`. */
function operationIdOf({ method, path }: Route): string {
  const words = path
    .replace('/api/v1', '')
    .split(/[/.]/)
    .filter((step) => step !== '')
    .map((step) => (step.startsWith('{') ? `By-${step.slice(1, -1)}` : step));
  const camel = words
    .join('-')
    .replaceAll(/-+(\w)/g, (_, letter: string) => letter.toUpperCase())
    .replace(/^\w/, (letter) => letter.toUpperCase());
  return `${method.toLowerCase()}${camel === '' ? 'Root' : camel}`;
}

const askedHeaders: Record<AskedHeader, object> = {
  prefer: {
    name: 'Prefer',
    required: false,
    description: '`wait=N`: waits up to N seconds (at most 30) for the outcome.',
    schema: { type: 'string', examples: ['wait=10'] },
  },
  'idempotency-key': {
    name: 'Idempotency-Key',
    required: true,
    description: 'The same key and body always gets the same outcome, once.',
    schema: { type: 'string', pattern: '^[\\x20-\\x7e]{1,255}$' },
  },
  'stripe-signature': {
    name: 'Stripe-Signature',
    required: true,
    description: '`t=<seconds>,v1=<HMAC-SHA256 of "t.body">`, over the very bytes of the body.',
    schema: { type: 'string' },
  },
  'x-cart-id': {
    name: 'X-Cart-Id',
    required: false,
    description: "The `cartId` of a guest's cart: whoever knows it has the cart.",
    schema: { type: 'string' },
  },
};

const ifNoneMatch = {
  name: 'If-None-Match',
  required: false,
  description: 'The `ETag` of an answer that the caller has: 304 where it is still the same.',
  schema: { type: 'string' },
};

function parametersOf(route: Route): object[] {
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const inQuery = Object.entries(route.query?.properties ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: false,
    schema,
  }));
  const inHeader = route.asks.map((asked) => ({ in: 'header', ...askedHeaders[asked] }));
  return [
    ...inPath,
    ...inQuery,
    ...inHeader,
    ...(route.cacheSeconds === undefined ? [] : [{ in: 'header', ...ifNoneMatch }]),
  ];
}

function responsesOf(route: Route, names: Names): object {
  const responses: Record<string, object> = {};
  for (const [status, { description, schema, contentType }] of Object.entries(route.replies)) {
    const content = schema
      ? { 'application/json': { schema: withNames(schema, names) } }
      : contentType
        ? { [contentType]: { schema: { type: 'string' } } }
        : undefined;
    const headers = headerRefs(headersOfReply(route, Number(status)));
    responses[status] = { description, headers, ...(content ? { content } : {}) };
  }
  if (route.cacheSeconds !== undefined) {
    const headers = headerRefs(headersOfReply(route, 304));
    responses['304'] = { description: 'what `If-None-Match` named', headers };
  }
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of refusalCodesOf(route)) {
    const { status } = errorCatalogue[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  if (takesBody(route)) byStatus.set(400, [...(byStatus.get(400) ?? []), 'invalid_request']);
  for (const [status, codes] of byStatus) {
    responses[status] ??= {
      description: codes.map((code) => `\`${code}\``).join(', '),
      headers: headerRefs(headersOfRefusal(route, status, codes)),
      content: problemContent,
    };
  }
  return responses;
}

/** A copy in which every schema that has a name is a reference; `whole` is the one that the copy is to define. */
function withNames(schema: unknown, names: Names, whole?: unknown): unknown {
  if (schema !== whole && names.has(schema)) return { $ref: `#/components/schemas/${names.get(schema)}` };
  if (Array.isArray(schema)) return schema.map((entry) => withNames(entry, names));
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, withNames(value, names)]));
}
