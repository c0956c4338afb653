import type { SaleState } from '../../engine/contracts/states.ts';
import type { SlowSale, SlowSales } from '../../engine/surface.ts';
import type { Log } from '../log.ts';
import { isAway } from '../postgres/errors.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import type { SlowCount } from './floor.ts';
import { slowHolds } from './holds.ts';
import { slowReserver } from './reserve.ts';

interface LiveSlowSaleRow {
  id: string;
  epoch: number;
  state: SaleState;
  now_ms: number;
  counts: SlowCount[];
}

const liveSlowSales = statement<LiveSlowSaleRow>('live-slow-sales');

/** Sales that sell slowly, as one gateway sells from them. */
export function slowSalesOn(pool: PostgresPool, log: Log): SlowSales {
  let slow = new Map<string, SlowSale>();
  const read = async () => {
    slow = new Map((await liveSlowSales(pool, [])).map((row) => [row.id, slowSale(row)]));
  };
  let underWay: Promise<void> = Promise.resolve();
  let next: Promise<void> | null = null;
  /** All who are turned away when a sale goes back to Redis look at that moment: the next look is for all of them. */
  const look = (): Promise<void> => {
    next ??= underWay
      .catch(() => {})
      .then(() => {
        next = null;
        underWay = read();
        return underWay;
      });
    return next;
  };
  const isSlow = async (saleId: string) => {
    await look();
    return slow.has(saleId);
  };
  return {
    find: (saleId) => slow.get(saleId) ?? null,
    list: () => [...slow.values()],
    async refresh() {
      try {
        await look();
      } catch (error) {
        if (!isAway(error)) throw error;
      }
    },
    reserve: slowReserver(pool, log),
    ...slowHolds(pool, log, isSlow),
  };
}

const slowSale = ({ id, epoch, state, now_ms, counts }: LiveSlowSaleRow): SlowSale => ({
  saleId: id,
  epoch,
  state,
  nowMs: now_ms,
  stock: counts.map((count) => ({
    ...count,
    held: count.units - count.available - count.sold,
    paying: 0,
  })),
});
