import type { HttpBindings } from '@hono/node-server';
import type { Context, Hono } from 'hono';
import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import { searchable } from '../guard/writable-text.ts';
import { type BodyText, bodyBytesMax, receiveMsMax, textOf, tooLarge } from '../http/body.ts';
import type { Rendered } from '../http/exchange.ts';
import { fallbacksOf } from '../http/fallbacks.ts';
import { Passage, type PassageParts } from '../http/passage.ts';
import { type ReadyRoute, readyRoute } from '../http/ready-route.ts';
import { requestIdOf } from '../http/request-headers.ts';
import { type Route, takesBody } from '../http/route.ts';

export type OperatorApp = Hono<{ Bindings: HttpBindings }>;
type OperatorContext = Context<{ Bindings: HttpBindings }>;

export interface RegisterParts extends PassageParts {
  /** How long a body may take; for tests to shorten. */
  receiveMs?: number;
}

/** Registers a route table on Hono; what guards a request is the same as on the public plane. */
export function registerRoutes(app: OperatorApp, routes: readonly Route[], parts: RegisterParts): void {
  const at = (path: string) => path.replaceAll(/\{(\w+)\}/g, ':$1');
  const by = (row: Route) => {
    const ready = readyRoute(row);
    return (context: OperatorContext) => answer(context, ready, parts);
  };
  for (const row of routes) app.on(row.method, at(row.path), by(row));
  for (const { path, method, row } of fallbacksOf(routes)) {
    if (method === 'any') app.all(at(path), by(row));
    else app.on('OPTIONS', at(path), by(row));
  }
}

function answer(context: OperatorContext, ready: ReadyRoute, parts: RegisterParts): Promise<Response> {
  const { req } = context;
  const { route } = ready;
  const { search } = new URL(req.url);
  return new Promise((resolve) => {
    const arrival = {
      requestId: requestIdOf(req.header('x-request-id') ?? ''),
      address: context.env.incoming?.socket.remoteAddress ?? '',
      params: paramsOf(req.param()),
      query: search.slice(1),
      authorization: req.header('authorization') ?? '',
      contentType: req.header('content-type') ?? '',
      contentEncoding: req.header('content-encoding') ?? '',
      idempotencyKey: req.header('idempotency-key') ?? null,
      prefer: req.header('prefer') ?? '',
      ifNoneMatch: req.header('if-none-match') ?? '',
      signature: req.header('stripe-signature') ?? '',
      cartId: req.header('x-cart-id') ?? '',
    };
    let isTooLate = false;
    const passage = new Passage(ready, arrival, parts, (rendered) =>
      resolve(responseOf({ ...rendered, isLast: isTooLate })),
    );
    if (takesBody(route)) {
      const timer = setTimeout(() => {
        isTooLate = true;
        passage.takeBody(refuse('request_timeout'));
      }, parts.receiveMs ?? receiveMsMax);
      bodyOf(req.raw, route.bodyBytesMax ?? bodyBytesMax)
        .then(
          (body) => {
            if (!isTooLate) passage.takeBody(body);
          },
          (error: unknown) => passage.fail(error),
        )
        .finally(() => clearTimeout(timer));
    }
    passage.admit();
  });
}

const paramsOf = (params: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(params).map(([name, text]) => [name, searchable(text)]));

function responseOf({ status, requestId, head, body, isLast }: Rendered): Response {
  const lines = head.split('\r\n').slice(1);
  const headers = lines.map((line) => line.split(/: (.*)/, 2) as [string, string]);
  headers.push(['X-Request-Id', requestId]);
  // Node closes the connection then, and with it what was left of the body.
  if (isLast) headers.push(['Connection', 'close']);
  return new Response(body, { status, headers });
}

/** Reads on after the limit, keeping nothing, so that the sender gets to see the refusal. */
async function bodyOf(request: Request, bytesMax: number): Promise<BodyText | Refusal> {
  const chunks: Uint8Array[] = [];
  let receivedBytes = 0;
  if (Number(request.headers.get('content-length')) > bytesMax) return tooLarge(bytesMax);
  for await (const chunk of request.body ?? []) {
    receivedBytes += chunk.byteLength;
    if (receivedBytes <= bytesMax) chunks.push(chunk);
    else chunks.length = 0;
  }
  return receivedBytes > bytesMax ? tooLarge(bytesMax) : textOf(Buffer.concat(chunks));
}
