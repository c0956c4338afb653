import type { CreateSale } from '../../engine/contracts/wire/sales.ts';
import type { DemoOptions } from './options.ts';
import type { Plan } from './plan.ts';

const minuteMs = 60_000;

/** The sale of this run. Its id and SKU are new each time, so that runs against the same stores do not meet. */
export function demoSale({ method, seed, units }: DemoOptions, { perMinute }: Plan, now: Date): CreateSale {
  const run = now.getTime().toString(36);
  return {
    id: `demo-${seed}-${run}`,
    title: `Demo with seed ${seed}`,
    items: [
      {
        sku: `ps5-${seed}-${run}`,
        title: 'PlayStation 5',
        price: { amount: 49_900, currency: 'USD' },
        units,
      },
    ],
    // Opened by hand, once most of the crowd is in.
    opensAt: new Date(now.getTime() + 30 * minuteMs).toISOString(),
    closesAt: new Date(now.getTime() + 120 * minuteMs).toISOString(),
    method,
    perBuyerLimit: 1,
    holdSeconds: 10,
    claimSeconds: 5,
    perMinute,
  };
}
