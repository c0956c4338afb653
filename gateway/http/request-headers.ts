import { randomBytes } from 'node:crypto';
import { type Refusal, refuse } from '../../engine/contracts/errors.ts';

/** The caller's own id for a request where it is fit to be repeated in headers and logs, else a new one. */
export const requestIdOf = (header: string): string =>
  header !== '' && isFit.test(header) ? header : newRequestId();

const isFit = /^[\x21-\x7e]{1,128}$/;

/** This process, as no other one names itself; behind it the requests are counted. */
const processTag = randomBytes(11).toString('hex');
let requests = 0;

/** Nothing but unlike all others: a UUID takes five times as long in the making (0.8 µs instead of 0.16). */
function newRequestId(): string {
  requests += 1;
  return `req_${processTag}${requests.toString(16).padStart(10, '0')}`;
}

/**
 * Refuses a missing key (null) with 400; one that is there and is empty, too long, or holds other than printable
 * characters with 422.
 */
export function idempotencyKeyRefusal(header: string | null): Refusal | null {
  if (header === null)
    return refuse('idempotency_key_required', { detail: 'Send an Idempotency-Key header.' });
  if (/^[\x20-\x7e]{1,255}$/.test(header)) return null;
  return refuse('invalid_request', {
    field: 'Idempotency-Key',
    detail: 'Idempotency-Key must have 1 to 255 printable characters of ASCII.',
  });
}

export const waitSecondsMax = 30;

/** Seconds asked for by `Prefer: …, wait=N` (RFC 7240), capped; 0 where it asks for none. */
export function waitSecondsOf(prefer: string): number {
  if (prefer === '') return 0;
  for (const preference of prefer.split(',')) {
    const seconds = /^wait\s*=\s*"?(\d{1,9})"?$/i.exec(preference.split(';')[0]?.trim() ?? '')?.[1];
    if (seconds) return Math.min(waitSecondsMax, Number(seconds));
  }
  return 0;
}

/** A body is JSON in UTF-8 or nothing; a client that does not say what it sends is taken to send that. */
export const isJsonType = (contentType: string): boolean =>
  contentType === '' || (/^application\/json\s*(;|$)/i.test(contentType) && !otherCharset.test(contentType));

const otherCharset = /;\s*charset\s*=(?!\s*"?utf-?8"?\s*(;|$))/i;

/** Refuses a body in a coding: a small one that is unpacked may be any size. */
export function codingRefusal(contentEncoding: string): Refusal | null {
  if (contentEncoding === '' || /^(\s*identity\s*(,|$))+$/i.test(contentEncoding)) return null;
  return refuse('unsupported_media_type', {
    field: codingField,
    detail: 'Send the body as it is, without Content-Encoding.',
  });
}

/** The field at fault where a body is in a coding. */
export const codingField = 'Content-Encoding';

/** True where a cached answer with this tag is what the client has already. */
export const matchesTag = (ifNoneMatch: string, tag: string): boolean =>
  ifNoneMatch === '*' ||
  ifNoneMatch.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === tag);
