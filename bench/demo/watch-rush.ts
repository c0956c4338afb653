import { setTimeout as sleep } from 'node:timers/promises';
import type { Sale } from '../../engine/contracts/wire/sales.ts';
import type { Progress } from '../load/tally.ts';
import type { LiveView, Moment } from './live-view.ts';

const lookEveryMs = 500;
const rateOverMs = 3000;

/** Shows the sale, as anybody can read it, and the crowd, until told that it is over. */
export async function watchRush(
  view: LiveView,
  setting: { buyers: number; sale(): Promise<Sale | null>; progress(): Progress; isOver(): boolean },
): Promise<void> {
  const beganAtMs = performance.now();
  const sold: { atMs: number; count: number }[] = [];
  while (!setting.isOver()) {
    const sale = await setting.sale();
    const atMs = performance.now();
    if (sale) {
      sold.push({ atMs, count: total(sale, 'sold') });
      while (sold.length > 2 && atMs - (sold[0]?.atMs ?? 0) > rateOverMs) sold.shift();
      const rate = ordersPerSecond(sold);
      view.show(momentOf(sale, setting.progress(), setting.buyers, (atMs - beganAtMs) / 1000, rate));
    }
    await sleep(lookEveryMs);
  }
}

/** `held` of a sale includes what is being paid; only the buyers know how much of it that is. */
export function momentOf(
  sale: Sale,
  progress: Progress,
  buyers: number,
  seconds: number,
  ordersPerSecond: number,
): Moment {
  const { entrants, serving } = sale.waitingRoom;
  const held = total(sale, 'held');
  const paying = Math.min(held, progress.paying);
  const { reserveP99Ms, confirmP50Ms, confirmP99Ms } = progress;
  return {
    seconds,
    buyers,
    joined: entrants,
    waiting: Math.max(0, entrants - serving),
    served: Math.min(entrants, serving),
    units: total(sale, 'units'),
    available: total(sale, 'available'),
    held: held - paying,
    paying,
    sold: total(sale, 'sold'),
    ordersPerSecond,
    reserveP99Ms,
    confirmP50Ms,
    confirmP99Ms,
  };
}

const total = (sale: Sale, count: 'units' | 'available' | 'held' | 'sold') =>
  sale.items.reduce((sum, item) => sum + item[count], 0);

function ordersPerSecond(sold: readonly { atMs: number; count: number }[]): number {
  const [first, last] = [sold[0], sold.at(-1)];
  if (!first || !last || last.atMs === first.atMs) return 0;
  return ((last.count - first.count) * 1000) / (last.atMs - first.atMs);
}
