import { readFileSync } from 'node:fs';
import type { Postgres } from './pool.ts';

/** Runs one statement of queries/ and returns its rows. */
export type Statement<Row> = (on: Postgres, values: readonly unknown[]) => Promise<Row[]>;

/**
 * The statement in `queries/<name>.sql`, prepared under that name on each connection. `Row` is what the
 * file selects; its leading comment names what $1…$n are. A wrong number of values is refused before it
 * is sent.
 */
export function statement<Row extends object>(name: string): Statement<Row> {
  const text = readFileSync(new URL(`../queries/${name}.sql`, import.meta.url), 'utf8');
  const parameters = Math.max(0, ...[...text.matchAll(/\$(\d+)/g)].map((match) => Number(match[1])));
  return async (on, values) => {
    if (values.length !== parameters)
      throw new RangeError(`${name}.sql takes ${parameters} values, got ${values.length}`);
    const { rows } = await on.query<Row>({ name, text, values: [...values] });
    return rows;
  };
}

/** One array a column: `columns(rows, ['a', 'b'])` is what `unnest($1, $2)` takes. */
export const columns = <T>(rows: readonly T[], names: readonly (keyof T)[]): T[keyof T][][] =>
  names.map((name) => rows.map((row) => row[name]));
