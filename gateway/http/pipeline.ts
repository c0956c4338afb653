import { createHash } from 'node:crypto';
import type Type from 'typebox';
import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import { refusalOfAbsence } from '../guard/absence.ts';
import { type Authenticate, bearerToken, type Principal } from '../guard/authentication.ts';
import type { Allowance, Limits } from '../guard/limits.ts';
import { type SchemaCheck, schemaCheck } from '../guard/schema.ts';
import { type BodyText, parseJson } from './body.ts';
import type { Rendered } from './exchange.ts';
import { isRefusal, refusalReply } from './refusal.ts';
import { render } from './render.ts';
import { idempotencyKeyRefusal, isJsonType, matchesTag, waitSecondsOf } from './request-headers.ts';
import type { Call, Reply, Route } from './route.ts';

/** What was read from a request before the first `await`; a header that was not asked for is empty. */
export interface Arrival {
  requestId: string;
  /** Of the client, whoever vouched for it; empty where nobody is limited by it. */
  address: string;
  params: Record<string, string>;
  query: string;
  authorization: string;
  contentType: string;
  idempotencyKey: string;
  prefer: string;
  ifNoneMatch: string;
  signature: string;
  /** Null where the route takes no body. */
  body: Promise<BodyText | Refusal> | null;
}

export interface PipelineParts {
  authenticate: Authenticate;
  limits: Limits | null;
  log: { error(details: object, message: string): void };
}

/** A route with its schemas compiled. */
export interface ReadyRoute {
  route: Route;
  checkBody: SchemaCheck | null;
  isBodyOptional: boolean;
  checkQuery: SchemaCheck | null;
}

export const readyRoute = (route: Route): ReadyRoute => ({
  route,
  checkBody: route.body ? schemaCheck(route.body) : null,
  isBodyOptional: !route.body?.required?.length,
  checkQuery: route.query ? schemaCheck(route.query) : null,
});

/**
 * Everything between a request and its answer that is the same for all routes: limits, login, role, headers,
 * body, schema, then the operation, and the rendering of whatever came of it. Never rejects.
 */
export async function answerTo(ready: ReadyRoute, arrival: Arrival, parts: PipelineParts): Promise<Rendered> {
  const allowances: Allowance[] = [];
  const { requestId } = arrival;
  try {
    const outcome = await admitAndAnswer(ready, arrival, parts, allowances);
    const reply = isRefusal(outcome) ? refusalReply(outcome, requestId) : outcome;
    return finish(ready.route, reply, arrival, allowances);
  } catch (error) {
    const refusal = refusalOfError(error, requestId, ready.route, parts.log);
    return finish(ready.route, refusalReply(refusal, requestId), arrival, allowances);
  }
}

async function admitAndAnswer(
  ready: ReadyRoute,
  arrival: Arrival,
  { authenticate, limits }: PipelineParts,
  allowances: Allowance[],
): Promise<Reply | Refusal> {
  const { route } = ready;
  if (limits && route.isLimited && route.isAddressLimited) {
    const allowance = limits.address(arrival.address);
    if (allowance) allowances.push(allowance);
    if (allowance?.refusal) return allowance.refusal;
  }
  let principal: Principal | null = null;
  if (route.access !== 'public') {
    const token = bearerToken(arrival.authorization);
    const login = typeof token === 'string' ? authenticate(token) : token;
    // Most logins are answered at once; waiting for those, too, would cost each request a turn of the microtasks.
    const caller = 'then' in login ? await login : login;
    if (caller.kind === 'refused') return caller;
    if (route.access === 'admin' && caller.role !== 'admin') {
      return refuse('forbidden', { detail: 'This needs the role admin.' });
    }
    principal = caller;
    if (limits && route.isLimited) {
      const allowance = limits.buyer(caller.buyerId);
      allowances.push(allowance);
      if (allowance.refusal) return allowance.refusal;
    }
  }
  const call = await callOf(ready, arrival, principal);
  return isRefusal(call) ? call : route.answer(call);
}

async function callOf(
  { route, checkBody, isBodyOptional, checkQuery }: ReadyRoute,
  arrival: Arrival,
  principal: Principal | null,
): Promise<Call | Refusal> {
  if (route.asks.includes('idempotency-key')) {
    const refusal = idempotencyKeyRefusal(arrival.idempotencyKey);
    if (refusal) return refusal;
  }
  const query = route.query ? queryOf(arrival.query, route.query) : {};
  const queryRefusal = checkQuery?.(query);
  if (queryRefusal) return queryRefusal;
  let body: unknown;
  let rawBody = '';
  if (route.rawBody !== undefined && arrival.body) {
    const text = await arrival.body;
    if (text.kind === 'refused') return text;
    rawBody = text.text;
  }
  if (checkBody && arrival.body) {
    const text = await arrival.body;
    if (text.kind === 'refused') return text;
    if (text.text !== '' && !isJsonType(arrival.contentType)) return refuse('unsupported_media_type');
    const json = parseJson(text.text, isBodyOptional);
    if (json.kind === 'refused') return json;
    const refusal = checkBody(json.value);
    if (refusal) return refusal;
    body = json.value;
  }
  return {
    requestId: arrival.requestId,
    principal,
    buyerId: principal?.buyerId ?? '',
    params: arrival.params,
    query,
    body,
    rawBody,
    signature: arrival.signature,
    idempotencyKey: arrival.idempotencyKey,
    waitSeconds: waitSecondsOf(arrival.prefer),
  };
}

/** The parameters that the schema names, whole numbers as numbers. Others are somebody else's, e.g. a cache's. */
function queryOf(text: string, schema: Type.TObject): Record<string, unknown> {
  const query: Record<string, unknown> = {};
  if (text === '') return query;
  for (const [name, value] of new URLSearchParams(text)) {
    const property = schema.properties[name] as { type?: string } | undefined;
    if (!property) continue;
    query[name] = property.type === 'integer' && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
  }
  return query;
}

/** A bug is logged with its stack, and not shown. */
function refusalOfError(error: unknown, requestId: string, route: Route, log: PipelineParts['log']): Refusal {
  const absence = refusalOfAbsence(error);
  if (absence) return absence;
  log.error({ err: error, requestId, route: `${route.method} ${route.path}` }, 'an operation failed');
  return refuse('internal_error');
}

function finish(route: Route, reply: Reply, arrival: Arrival, allowances: Allowance[]): Rendered {
  const rendered = render(reply, arrival.requestId);
  const { headers, body } = rendered;
  if (allowances.length > 0) {
    headers.push(['RateLimit-Policy', allowances.map((allowance) => allowance.policy).join(', ')]);
    headers.push(['RateLimit', allowances.map((allowance) => allowance.item).join(', ')]);
  }
  if (route.cacheSeconds === undefined || reply.status !== 200 || body === null) {
    headers.push(['Cache-Control', 'no-store']);
    return rendered;
  }
  const tag = `"${createHash('sha1').update(body).digest('base64url')}"`;
  headers.push(['Cache-Control', `public, max-age=${route.cacheSeconds}`], ['ETag', tag]);
  return matchesTag(arrival.ifNoneMatch, tag)
    ? { status: 304, headers: headers.filter(([name]) => name !== 'Content-Type'), body: null }
    : rendered;
}
