import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import type { TrustedProxies } from '../guard/address.ts';
import { searchable } from '../guard/writable-text.ts';
import { bodyBytesMax, readBody, receiveMsMax, tooLarge } from './body.ts';
import { Exchange, type Rendered } from './exchange.ts';
import { fallbacksOf } from './fallbacks.ts';
import { OpenExchanges } from './open-exchanges.ts';
import { type Arrival, Passage, type PassageParts } from './passage.ts';
import { type ReadyRoute, readyRoute } from './ready-route.ts';
import { renderRefusal } from './render.ts';
import { requestIdOf, waitSecondsOf } from './request-headers.ts';
import { type Route, takesBody } from './route.ts';
import type { HttpRequest, HttpResponse, TemplatedApp } from './uws.ts';

export interface KernelParts extends PassageParts {
  proxies: TrustedProxies;
  /** How long a body may take, and how long an operation; for tests to shorten. */
  receiveMs?: number;
  operationMs?: number;
}

/** More exchanges than this at once are refused before any work is taken in. */
const openMax = 10_000;

/** Bodies of a declared length up to this are let through and dropped, so that their sender reads the refusal. */
const ignoredBytesMax = 8 * 1024 * 1024;

/** What the route table stands on: registers routes on uWebSockets.js and guards every exchange the same way. */
export class HttpKernel {
  readonly #parts: KernelParts;
  readonly #receiveMs: number;
  readonly #operationMs: number;
  readonly #open = new OpenExchanges((exchange) => this.#endOverdue(exchange));
  readonly #sweep: NodeJS.Timeout;
  #isDraining = false;

  constructor(parts: KernelParts) {
    this.#parts = parts;
    this.#receiveMs = parts.receiveMs ?? receiveMsMax;
    this.#operationMs = parts.operationMs ?? 15_000;
    this.#sweep = setInterval(() => this.#open.runOnce(Date.now()), Math.min(500, this.#receiveMs / 4));
    this.#sweep.unref();
  }

  get openCount(): number {
    return this.#open.count;
  }

  mount(app: TemplatedApp, routes: readonly Route[]): void {
    const registers = { GET: 'get', POST: 'post', PUT: 'put', PATCH: 'patch', DELETE: 'del' } as const;
    for (const row of routes) {
      const ready = readyRoute(row);
      app[registers[row.method]](patternOf(row.path), (res, req) => this.#receive(ready, false, res, req));
      if (row.method === 'GET') {
        app.head(patternOf(row.path), (res, req) => this.#receive(ready, true, res, req));
      }
    }
    for (const { path, method, row } of fallbacksOf(routes)) {
      const ready = { ...readyRoute(row), paramNames: [] };
      app[method](patternOf(path), (res, req) => {
        this.#receive(ready, req.getMethod() === 'head', res, req);
      });
    }
  }

  /** From now on everything new is refused, and connections end with their answers. */
  drain(): void {
    this.#isDraining = true;
  }

  close(): void {
    clearInterval(this.#sweep);
  }

  /** Runs in the only moment in which `req` can be read. uWebSockets.js aborts the process when this throws. */
  #receive(ready: ReadyRoute, isHead: boolean, res: HttpResponse, req: HttpRequest): void {
    const { route } = ready;
    const declaredBytes = takesBody(route) ? Number(req.getHeader('content-length')) : 0;
    const isReceiving = takesBody(route) && !(declaredBytes > bodyBytesMax);
    const exchange = new Exchange(res, {
      requestId: requestIdOf(req.getHeader('x-request-id')),
      isHead,
      isLimited: route.isLimited,
      isReceiving,
      deadlineMs: Date.now() + (isReceiving ? this.#receiveMs : this.#operationMs),
      onOver: this.#open.forget,
    });
    this.#open.add(exchange);
    const params = paramsOf(ready.paramNames, req);
    const refusal =
      this.#refusalOfLoad(route) ??
      (declaredBytes > bodyBytesMax ? tooLarge(bodyBytesMax) : null) ??
      (params === null ? refuse('not_found') : null);
    if (refusal) {
      const isLast = this.#isDraining || declaredBytes > ignoredBytesMax;
      exchange.send({ ...renderRefusal(refusal, exchange.requestId), isLast });
      return;
    }
    const arrival = this.#arrivalOf(ready, params ?? {}, exchange.requestId, res, req);
    const passage = new Passage(ready, arrival, this.#parts, (rendered) => this.#send(exchange, rendered));
    if (isReceiving) {
      readBody(res, (body) => {
        exchange.isReceiving = false;
        exchange.deadlineMs = Date.now() + this.#operationMs + waitSecondsOf(arrival.prefer) * 1000;
        passage.takeBody(body);
      });
    }
    passage.admit();
  }

  #refusalOfLoad(route: Route): Refusal | null {
    if (!route.isLimited) return null;
    if (this.#isDraining) {
      return refuse('unavailable', {
        detail: 'This gateway is going down; come back.',
        retryAfterSeconds: 1,
      });
    }
    return this.#open.count > openMax ? refuse('overloaded', { retryAfterSeconds: 2 }) : null;
  }

  #arrivalOf(
    { route, asksKey, asksPreference, asksSignature, asksCart }: ReadyRoute,
    params: Record<string, string>,
    requestId: string,
    res: HttpResponse,
    req: HttpRequest,
  ): Arrival {
    return {
      requestId,
      address: this.#parts.limits && route.isLimited ? this.#parts.proxies.addressOf(res, req) : '',
      params,
      query: route.query ? (req.getQuery() ?? '') : '',
      authorization: route.access === 'public' ? '' : req.getHeader('authorization'),
      contentType: route.body ? req.getHeader('content-type') : '',
      contentEncoding: takesBody(route) ? req.getHeader('content-encoding') : '',
      idempotencyKey: asksKey ? keyIn(req) : null,
      prefer: asksPreference ? req.getHeader('prefer') : '',
      ifNoneMatch: route.cacheSeconds === undefined ? '' : req.getHeader('if-none-match'),
      signature: asksSignature ? req.getHeader('stripe-signature') : '',
      cartId: asksCart ? req.getHeader('x-cart-id') : '',
    };
  }

  #send(exchange: Exchange, rendered: Rendered): void {
    exchange.send(this.#isDraining ? { ...rendered, isLast: true } : rendered);
  }

  /** An operation goes on when its time is up: a client that is not answered may still ask for the result. */
  #endOverdue(exchange: Exchange): void {
    const detail = 'This took too long; its outcome is not known yet.';
    const refusal = exchange.isReceiving
      ? refuse('request_timeout')
      : refuse('unavailable', { detail, retryAfterSeconds: 2 });
    const isLast = exchange.isReceiving || this.#isDraining;
    exchange.send({ ...renderRefusal(refusal, exchange.requestId), isLast });
  }
}

/** Blanks around a key are none of it; a header of nothing else is there all the same. Null: there is none. */
function keyIn(req: HttpRequest): string | null {
  const key = req.getHeader('idempotency-key');
  if (key !== '') return key;
  let isThere = false;
  req.forEach((name) => {
    isThere ||= name === 'idempotency-key';
  });
  return isThere ? '' : null;
}

const patternOf = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ':$1');

/** Null where a parameter is not percent-encoded UTF-8: there is nothing at such an address. */
function paramsOf(names: readonly string[], req: HttpRequest): Record<string, string> | null {
  const params: Record<string, string> = {};
  for (let at = 0; at < names.length; at += 1) {
    const text = decoded(req.getParameter(at) ?? '');
    if (text === null) return null;
    params[names[at] as string] = text;
  }
  return params;
}

function decoded(text: string): string | null {
  if (!text.includes('%')) return text;
  try {
    return searchable(decodeURIComponent(text));
  } catch {
    return null;
  }
}
