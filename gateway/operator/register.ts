import type { HttpBindings } from '@hono/node-server';
import type { Context, Hono } from 'hono';
import type { Refusal } from '../../engine/contracts/errors.ts';
import { type BodyText, bodyBytesMax, textOf, tooLarge } from '../http/body.ts';
import type { Rendered } from '../http/exchange.ts';
import { fallbacksOf } from '../http/fallbacks.ts';
import { answerTo, type PipelineParts, type ReadyRoute, readyRoute } from '../http/pipeline.ts';
import { requestIdOf } from '../http/request-headers.ts';
import { type Route, takesBody } from '../http/route.ts';

export type OperatorApp = Hono<{ Bindings: HttpBindings }>;
type OperatorContext = Context<{ Bindings: HttpBindings }>;

/** Registers a route table on Hono; what guards a request is the same as on the public plane. */
export function registerRoutes(app: OperatorApp, routes: readonly Route[], parts: PipelineParts): void {
  const add = (methods: string[], path: string, row: Route) => {
    const ready = readyRoute(row);
    app.on(methods, path.replaceAll(/\{(\w+)\}/g, ':$1'), (context) => answer(context, ready, parts));
  };
  for (const row of routes) add([row.method], row.path, row);
  const every = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
  for (const { path, method, row } of fallbacksOf(routes))
    add(method === 'any' ? every : ['OPTIONS'], path, row);
}

async function answer(context: OperatorContext, ready: ReadyRoute, parts: PipelineParts): Promise<Response> {
  const { req } = context;
  const { route } = ready;
  const header = (name: string) => req.header(name) ?? '';
  const { search } = new URL(req.url);
  return responseOf(
    await answerTo(
      ready,
      {
        requestId: requestIdOf(header('x-request-id')),
        address: context.env.incoming?.socket.remoteAddress ?? '',
        params: req.param() as Record<string, string>,
        query: search.slice(1),
        authorization: header('authorization'),
        contentType: header('content-type'),
        idempotencyKey: header('idempotency-key'),
        prefer: header('prefer'),
        ifNoneMatch: header('if-none-match'),
        signature: header('stripe-signature'),
        body: takesBody(route) ? bodyOf(req.raw, route.bodyBytesMax ?? bodyBytesMax) : null,
      },
      parts,
    ),
  );
}

function responseOf({ status, headers, body }: Rendered): Response {
  return new Response(body, {
    status,
    headers: headers.map(([name, value]): [string, string] => [name, value]),
  });
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
