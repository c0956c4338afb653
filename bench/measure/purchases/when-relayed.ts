import { setTimeout as sleep } from 'node:timers/promises';
import { demand } from '../failure.ts';
import type { BenchSale } from '../sales.ts';

/** An audit reads the whole sale: looking oftener would cost more than what is looked for. */
const lookMs = 1_000;
const looksMax = 600;

/**
 * What `read` says once all of that sale is relayed: what orders leave to be done is a cost of theirs. It is read
 * just before the audit that finds nothing left, because that one costs CPU, too.
 */
export async function whenRelayed<Reading>(
  sale: Pick<BenchSale, 'id' | 'audit'>,
  read: () => Reading | Promise<Reading>,
  everyMs = lookMs,
): Promise<Reading> {
  for (let look = 0; ; look++) {
    await sleep(everyMs);
    const reading = await read();
    const { lagEntries } = (await sale.audit()).relay;
    if (lagEntries === 0) return reading;
    demand(look < looksMax, `${sale.id}: ${lagEntries} entries were never relayed`);
  }
}
