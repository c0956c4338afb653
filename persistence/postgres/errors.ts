import { DatabaseError } from 'pg';

/** The fact that a statement would have broken, by the name of its constraint; null for any other error. */
export const brokenFact = (error: unknown): string | null =>
  error instanceof DatabaseError && error.code === '23514' ? (error.constraint ?? null) : null;

/** Two transactions met, and trying again sees what the other one did. */
export const metAnother = (error: unknown): boolean =>
  error instanceof DatabaseError && ['23505', '40001', '40P01'].includes(error.code ?? '');

/** Postgres cannot be reached or is going down: whether a commit on its way took effect is unknown. */
export function isAway(error: unknown): boolean {
  if (error instanceof DatabaseError) return /^(08|53|57P)/.test(error.code ?? '');
  if (!(error instanceof Error)) return false;
  return (
    ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOENT'].includes(
      (error as NodeJS.ErrnoException).code ?? '',
    ) ||
    /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|Query read timeout)/.test(
      error.message,
    )
  );
}
