import type { JournaledPlaces } from '../../engine/surface.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';

interface PlaceEventRow {
  ms: number;
  n: number;
  first_index: number | null;
  places: Buffer;
}

const readPlaces = statement<PlaceEventRow>('journaled-places');

/**
 * The places of a waiting room in the order of the journal, a page at a time: 12 MB for a million. To be read once
 * the epoch that they are of has ended; nothing is added to them then.
 */
export async function* journaledPlaces(on: PostgresPool, saleId: string): AsyncGenerator<JournaledPlaces> {
  let after: Pick<PlaceEventRow, 'ms' | 'n'> = { ms: 0, n: 0 };
  for (;;) {
    const rows = await readPlaces(on, [saleId, after.ms, after.n]);
    for (const { first_index, places } of rows) yield { firstIndex: first_index, places };
    const last = rows.at(-1);
    if (!last) return;
    after = last;
  }
}
