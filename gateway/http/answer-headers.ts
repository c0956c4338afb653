import { type ErrorCode, errorCatalogue } from '../../engine/contracts/errors.ts';
import type { Route } from './route.ts';

const text = { type: 'string' };

/** The headers of answers that clients may go by, as OpenAPI describes them. */
export const answerHeaders = {
  'X-Request-Id': {
    description:
      "Names the request: the caller's own where it sent 1 to 128 printable characters without a blank, else a new one.",
    required: true,
    schema: text,
  },
  'Cache-Control': { description: 'How long a cache may keep it.', required: true, schema: text },
  ETag: { description: 'For `If-None-Match`.', required: true, schema: text },
  RateLimit: {
    description:
      'What is left of each limit that counted the request, and for how long; absent where none did.',
    schema: text,
  },
  'RateLimit-Policy': {
    description: 'The limits that counted the request; absent where none did.',
    schema: text,
  },
  'Retry-After': {
    description: 'Seconds after which asking again makes sense.',
    schema: { type: 'integer', minimum: 1 },
  },
  'Idempotency-Replayed': {
    description: '`true` where this is the stored answer of an earlier request with this key.',
    schema: { type: 'string', enum: ['true'] },
  },
  'Preference-Applied': {
    description: '`wait=N`: the seconds that were waited at most; absent where `Prefer` asked for none.',
    schema: text,
  },
  Location: {
    description: 'Where it can be looked at.',
    required: true,
    schema: { type: 'string', format: 'uri-reference' },
  },
  'WWW-Authenticate': { description: 'How to prove who calls (RFC 6750).', required: true, schema: text },
  'Accept-Encoding': {
    description: '`identity` where the `Content-Encoding` of the body is not taken (RFC 7694).',
    schema: { type: 'string', enum: ['identity'] },
  },
  Allow: { description: 'The methods that this address takes.', required: true, schema: text },
  Upgrade: { description: 'The protocol that this address speaks.', required: true, schema: text },
} as const;

export type HeaderName = keyof typeof answerHeaders;

/** Retryable, and nobody knows when. */
const neverSaysWhen: readonly ErrorCode[] = ['internal_error', 'request_timeout', 'challenge_required'];

const saysWhen = (code: ErrorCode): boolean =>
  errorCatalogue[code].retryable && !neverSaysWhen.includes(code);

/** Whether a limit counts requests to it. */
export const isCounted = ({ isLimited, isAddressLimited, access }: Route): boolean =>
  isLimited && (isAddressLimited || access !== 'public');

/** What every answer of a route may carry, whatever came of it. */
const everywhere = (route: Route): HeaderName[] => [
  'X-Request-Id',
  ...(isCounted(route) ? (['RateLimit', 'RateLimit-Policy'] as const) : []),
];

/** What an answer may carry that is kept under a key, or was waited for. */
function ofOutcomes({ asks }: Route): HeaderName[] {
  return [
    ...(asks.includes('idempotency-key') ? (['Idempotency-Replayed'] as const) : []),
    ...(asks.includes('prefer') ? (['Preference-Applied'] as const) : []),
  ];
}

/** Of a reply that is no refusal. */
export function headersOfReply(route: Route, status: number): HeaderName[] {
  if (status === 101) return [];
  const isCached = route.cacheSeconds !== undefined && (status === 200 || status === 304);
  return [
    ...everywhere(route),
    ...(isCached ? (['Cache-Control', 'ETag'] as const) : []),
    ...ofOutcomes(route),
    ...(route.replies[status]?.headers ?? []),
  ];
}

/** Of refusals with that status. */
export function headersOfRefusal(route: Route, status: number, codes: readonly ErrorCode[]): HeaderName[] {
  const isOutcome = status < 500 && codes.some((code) => route.refusals.includes(code));
  return [
    ...everywhere(route),
    ...(status === 401 ? (['WWW-Authenticate'] as const) : []),
    ...(status === 415 ? (['Accept-Encoding'] as const) : []),
    ...(codes.some(saysWhen) ? (['Retry-After'] as const) : []),
    ...(isOutcome ? ofOutcomes(route) : []),
  ];
}
