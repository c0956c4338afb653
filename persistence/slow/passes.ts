import type { PaymentId } from '../../engine/contracts/ids.ts';
import type { Settlement } from '../../engine/surface.ts';
import type { Log } from '../log.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import type { Followed } from '../saga/saga.ts';
import type { Pass } from '../workers/repeating.ts';
import { redisAbsence } from './absence.ts';
import { followSlowPayments } from './payments.ts';
import { tendSlowSale } from './tend.ts';

export interface SlowPassParts {
  rows: PostgresPool;
  /** Plans through statistics: reads whole sales. */
  reports: PostgresPool;
  settlement: Pick<Settlement, 'saleIds'>;
  /** Follows a payment whose hold lies in Postgres. */
  follow: (paymentId: PaymentId) => Promise<Followed>;
  log: Log;
}

const liveSlowSales = statement<{ id: string }>('live-slow-sales');

/** What is done again and again for sales that sell slowly; while none does, it looks whether one has to. */
export function slowPassesOf({ rows, reports, settlement, follow, log }: SlowPassParts): Pass[] {
  let slow: { id: string }[] = [];
  return [
    ['absence of Redis', 250, redisAbsence({ reports, settlement, log })],
    [
      'slow sales',
      200,
      async () => {
        slow = await liveSlowSales(reports, []);
        for (const { id } of slow) await tendSlowSale(rows, log, id);
      },
    ],
    [
      'slow payments',
      100,
      async () => {
        if (slow.length > 0) await followSlowPayments(reports, follow);
      },
    ],
  ];
}
