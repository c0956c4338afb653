import { type Refusal, refuse } from './errors.ts';

/** A part of a list. `nextCursor` asks for the part that follows, opaque to whoever hands it back; null at the end. */
export interface Page<T> {
  data: T[];
  nextCursor: string | null;
}

/** The page of what was found: at most `limit` entries, of one more where others follow. */
export function pageOf<Row, T>(
  found: readonly Row[],
  limit: number,
  shown: (row: Row) => T,
  nameOf: (row: Row) => string,
): Page<T> {
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return {
    data: page.map(shown),
    nextCursor: last && found.length > limit ? cursorAfter(nameOf(last)) : null,
  };
}

/**
 * What the page before ended with, by name; null where none was before. A cursor that no page of such names has ever
 * said is refused.
 */
export function endOfPage(
  cursor: string | null,
  isName: (text: string) => boolean,
): { kind: 'end'; name: string | null } | Refusal {
  if (cursor === null) return { kind: 'end', name: null };
  const name = Buffer.from(cursor, 'base64url').toString();
  if (isName(name) && cursorAfter(name) === cursor) return { kind: 'end', name };
  const detail = 'cursor must be the nextCursor of a page of this list.';
  return refuse('invalid_request', { field: 'cursor', detail });
}

const cursorAfter = (name: string): string => Buffer.from(name).toString('base64url');
