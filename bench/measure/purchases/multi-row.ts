import type { Contender } from '../contest/contender.ts';
import { demand } from '../failure.ts';
import { Part } from '../part.ts';
import type { Subject } from '../subject.ts';

/** As bench/baselines/pg-multi-row answers: rows that are there twice now, by table, of an order one each. */
interface Copied {
  perSecond: number;
  copies: Record<string, number>;
}

/**
 * The rows of the latest sale once more, in as few statements as can be. `latest` resolves when all that was sold
 * is relayed: a ceiling that is measured beside our own relay and workers is too low.
 */
export async function multiRow(
  { directory, environment }: Subject,
  latest: () => Promise<{ saleId: string; orders: number } | null>,
): Promise<{ contender: Contender; copier: Part }> {
  const copier = await Part.start('bench/baselines/pg-multi-row/main.ts', { directory, env: environment });
  const contender: Contender = {
    name: 'pg-multi-row',
    usesRedis: false,
    round: async () => {
      const sale = await latest();
      if (sale === null) throw new Error('nothing was sold yet');
      const { perSecond, copies } = await copier.ask<Copied>(sale);
      demand(
        Object.values(copies).every((count) => count === sale.orders),
        `of ${sale.orders} orders these rows were copied: ${JSON.stringify(copies)}`,
      );
      return { perSecond };
    },
    audit: async () => {},
  };
  return { contender, copier };
}
