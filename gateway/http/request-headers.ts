import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import { newId } from '../../engine/contracts/ids.ts';

/** The caller's own id for a request where it is fit to be repeated in headers and logs, else a new one. */
export const requestIdOf = (header: string): string =>
  /^[\x21-\x7e]{1,128}$/.test(header) ? header : newId('req');

/** Refuses a missing key with 400, one that is too long or holds other than printable characters with 422. */
export function idempotencyKeyRefusal(header: string): Refusal | null {
  if (header === '') return refuse('idempotency_key_required', { detail: 'Send an Idempotency-Key header.' });
  if (/^[\x20-\x7e]{1,255}$/.test(header)) return null;
  return refuse('invalid_request', {
    field: 'Idempotency-Key',
    detail: 'Idempotency-Key must have 1 to 255 printable characters.',
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

/** A body is JSON or nothing; a client that does not say what it sends is taken to send JSON. */
export const isJsonType = (contentType: string): boolean =>
  contentType === '' || /^application\/json\s*(;|$)/i.test(contentType);

/** True where a cached answer with this tag is what the client has already. */
export const matchesTag = (ifNoneMatch: string, tag: string): boolean =>
  ifNoneMatch === '*' ||
  ifNoneMatch.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === tag);
