import { type Refusal, refuse } from '../../engine/contracts/errors.ts';

/** What a socket says whose other end is not there. */
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENOENT', // a Unix socket
]);

/** SQLSTATEs of a Postgres that is starting, stopping, full, no longer connected, too slow, or no primary any more. */
const postgresAway = /^(08|53|57P|57014|25006)/;

const sentences =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Query read timeout/;

/**
 * True where an error says that a store is away, not that something is wrong with the request or with us.
 * The gateway knows no driver, so it goes by what the errors carry.
 */
export function isAbsence(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === 'RedisUnavailable') return true;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && (networkCodes.has(code) || postgresAway.test(code))) return true;
  if (error instanceof AggregateError) return error.errors.some(isAbsence);
  return sentences.test(error.message);
}

/** The refusal that an error stands for where a part is away or full; null where it is a bug. */
export function refusalOfAbsence(error: unknown): Refusal | null {
  if (error instanceof Error && error.name === 'Overloaded') {
    return refuse('overloaded', { retryAfterSeconds: 1 });
  }
  if (!isAbsence(error)) return null;
  const { retryAfterSeconds = 2 } = error as { retryAfterSeconds?: number };
  return refuse('unavailable', { detail: 'A store cannot be reached at this moment.', retryAfterSeconds });
}

/** The line that an error is worth where only one line is shown. */
export const lineOf = (error: unknown): string =>
  (error instanceof Error ? error.message || error.name : String(error)).split('\n')[0] ?? '';
