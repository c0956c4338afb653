import type { Refusal } from '../../engine/contracts/errors.ts';
import type { Rendered } from './exchange.ts';
import { problemType, refusalReply } from './refusal.ts';
import type { Reply } from './route.ts';

/** A header as a line of `Rendered.head`. */
export const headerLine = (name: string, value: string): string => `\r\n${name}: ${value}`;

export const notStored = headerLine('Cache-Control', 'no-store');

const notSniffed = headerLine('X-Content-Type-Options', 'nosniff');
const json = headerLine('Content-Type', 'application/json');
const problem = headerLine('Content-Type', problemType);

/** A reply as it goes out: the headers that all replies carry, then its own, and the body as text. */
export function render({ status, headers, body }: Reply, requestId: string): Rendered {
  let head = notSniffed;
  for (const name in headers) head += headerLine(name, headers[name] as string);
  if (body === undefined) return { status, requestId, head, body: null };
  if (!headers?.['Content-Type']) head += status < 400 ? json : problem;
  return { status, requestId, head, body: typeof body === 'string' ? body : JSON.stringify(body) };
}

export function renderRefusal(refusal: Refusal, requestId: string): Rendered {
  const rendered = render(refusalReply(refusal, requestId), requestId);
  rendered.head += notStored;
  return rendered;
}
