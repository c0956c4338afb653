import type { Refusal } from '../../engine/contracts/errors.ts';
import type { Rendered } from './exchange.ts';
import { problemType, refusalReply } from './refusal.ts';
import type { Reply } from './route.ts';

/** A reply as it goes out: the headers that all replies carry, then its own, and the body as text. */
export function render(reply: Reply, requestId: string): Rendered & { headers: [string, string][] } {
  const headers: [string, string][] = [
    ['X-Request-Id', requestId],
    ['X-Content-Type-Options', 'nosniff'],
  ];
  for (const name in reply.headers) headers.push([name, reply.headers[name] as string]);
  if (reply.body === undefined) return { status: reply.status, headers, body: null };
  if (!reply.headers?.['Content-Type']) {
    headers.push(['Content-Type', reply.status < 400 ? 'application/json' : problemType]);
  }
  const body = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body);
  return { status: reply.status, headers, body };
}

export function renderRefusal(refusal: Refusal, requestId: string): Rendered {
  const rendered = render(refusalReply(refusal, requestId), requestId);
  rendered.headers.push(['Cache-Control', 'no-store']);
  return rendered;
}
