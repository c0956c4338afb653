import type { CreateSale } from '../../../engine/contracts/wire/sales.ts';

export const saleId = 'simulated';

/** What a schedule is mostly about; everything may happen in all of them. */
export const themes = ['rush', 'payments', 'afterwards', 'losses'] as const;
export type Theme = (typeof themes)[number];

/** What a simulation begins with: small, so that buyers meet over the last units again and again. */
export interface Setup {
  theme: Theme;
  /** How many buy before the schedule begins. */
  ordersBefore: number;
  /** Whether what they bought has been sent to them already. */
  isSent: boolean;
  method: 'none' | 'fifo' | 'queue';
  units: Readonly<Record<string, number>>;
  perBuyerLimit: number;
  buyers: number;
  holdSeconds: number;
  claimSeconds: number;
  extendSeconds: number;
  perMinute: number;
  opensInMs: number;
  captureMethod: 'automatic' | 'manual';
  providers: 1 | 2;
  /** How often things go wrong, from 0 to 1. */
  weather: number;
}

const among = <T>(dice: () => number, ...list: readonly T[]): T =>
  list[Math.floor(dice() * list.length)] as T;

export function drawSetup(dice: () => number): Setup {
  const theme = among(dice, ...themes);
  const method = among(dice, 'none', 'none', 'none', 'fifo', 'fifo', 'fifo', 'queue');
  const isAfterwards = theme === 'afterwards';
  return {
    theme,
    method: isAfterwards ? 'none' : method,
    ordersBefore: isAfterwards ? among(dice, 1, 1, 2) : 0,
    isSent: among(dice, true, false),
    units: among<Record<string, number>>(dice, { a: 1 }, { a: 2 }, { a: 3 }, { a: 2, b: 1 }, { a: 1, b: 2 }),
    perBuyerLimit: among(dice, 1, 1, 2, 3),
    buyers: among(dice, 2, 3, 3, 4),
    holdSeconds: among(dice, 4, 8),
    claimSeconds: among(dice, 2, 4),
    extendSeconds: among(dice, 0, 4),
    perMinute: among(dice, 600, 6_000),
    opensInMs: method === 'queue' && !isAfterwards ? 2_000 : 0,
    captureMethod: among(dice, 'automatic', 'automatic', 'manual'),
    providers: among(dice, 1, 1, 2),
    weather: among(dice, 0, 0.4, 1, 1),
  };
}

export const priceMinor = 49_900;

/** The sale as its operator asks for it. */
export function saleOf(setup: Setup, nowMs: number): CreateSale {
  const { method, perBuyerLimit, holdSeconds, claimSeconds, extendSeconds, perMinute } = setup;
  return {
    id: saleId,
    title: 'Simulated',
    items: Object.entries(setup.units).map(([sku, units]) => ({
      ...{ sku, title: sku, units },
      price: { amount: priceMinor, currency: 'USD' },
    })),
    opensAt: new Date(nowMs + setup.opensInMs).toISOString(),
    closesAt: new Date(nowMs + 3_600_000).toISOString(),
    ...{ method, perBuyerLimit, holdSeconds, claimSeconds, extendSeconds, perMinute },
    ...(method === 'queue' ? { freezeSeconds: 1 } : {}),
  };
}
