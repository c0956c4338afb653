import { readFileSync } from 'node:fs';
import type { Postgres } from './pool.ts';

/** Rows in one round trip. */
const partMax = 2_000;

/** Yields the rows of one statement of queries/ without holding all of them. */
export type StreamedStatement<Row> = (
  transaction: Postgres,
  values: readonly unknown[],
) => AsyncIterable<Row>;

/**
 * The statement in `queries/<name>.sql`, read through a cursor; only inside of a transaction. For what grows
 * with a sale and is looked at a row at a time.
 */
export function streamedStatement<Row extends object>(name: string): StreamedStatement<Row> {
  const text = readFileSync(new URL(`../queries/${name}.sql`, import.meta.url), 'utf8');
  const cursor = `streamed_${name.replaceAll('-', '_')}`;
  return async function* (transaction, values) {
    await transaction.query({ text: `DECLARE ${cursor} NO SCROLL CURSOR FOR ${text}`, values: [...values] });
    for (;;) {
      const { rows } = await transaction.query<Row>(`FETCH ${partMax} FROM ${cursor}`);
      yield* rows;
      if (rows.length < partMax) break;
    }
    await transaction.query(`CLOSE ${cursor}`);
  };
}
