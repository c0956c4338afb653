import { type Refusal, refuse } from '../../engine/contracts/errors.ts';

/**
 * The refusal of a JSON value in which a text holds what no store keeps: a NUL, or half of a surrogate pair. Null where
 * all of it can be kept. `json` is what the value was read from: UTF-8 and JSON rule both out but for escapes.
 */
export function refusalOfText(json: string, value: unknown): Refusal | null {
  if (!json.includes('\\u')) return null;
  const field = unwritableIn(value, '');
  return field === null
    ? null
    : refuse('invalid_request', {
        field,
        detail: `${field} holds a character that is none: \\u0000, or half of a pair.`,
      });
}

/** Path of the first such text, with dots; null where there is none. */
function unwritableIn(value: unknown, path: string): string | null {
  if (typeof value === 'string') return isWritable(value) ? null : path;
  if (typeof value !== 'object' || value === null) return null;
  for (const [name, member] of Object.entries(value)) {
    const at = path === '' ? name : `${path}.${name}`;
    if (!isWritable(name)) return path === '' ? 'body' : path;
    const found = unwritableIn(member, at);
    if (found !== null) return found;
  }
  return null;
}

const isWritable = (text: string): boolean => !text.includes('\0') && !/\p{Surrogate}/u.test(text);

/**
 * A part of an address as it can be looked up. Postgres throws at a NUL; another character that no name has stands for
 * it, so each route says in its own way that there is nothing of that name.
 */
export const searchable = (text: string): string => text.replaceAll('\0', '\ufffd');
