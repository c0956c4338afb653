import { expect, test } from 'vitest';
import type { LiveSale } from '../contracts/sale.ts';
import { chance, etaSeconds, retryAfterSeconds } from './prospects.ts';

/** 100 units; of `missedBelow` turns that have run their course, `sold` bought. */
function saleAt(serving: number, missedBelow: number, sold: number): LiveSale {
  return {
    config: {} as LiveSale['config'],
    draw: null,
    openedAtMs: 0,
    snapshot: {
      state: 'open',
      epoch: 1,
      nowMs: 0,
      entrants: 10_000,
      serving,
      perMinute: 600,
      standby: 0,
      missedBelow,
      vacantRuns: [],
      stock: [{ sku: 'ps5', units: 100, available: 100 - sold, held: 0, paying: 0, sold }],
    },
  };
}

test('nothing is said of chances before there is ground for it', () => {
  expect(chance(saleAt(20, 20, 10), 50)).toBeNull();
  expect(chance(saleAt(40, 40, 20), null)).toBeNull();
});

test('chances fall with the place in the line, from certain to none', () => {
  const sale = saleAt(100, 100, 50);
  expect(chance(sale, 101)).toBe(1);
  expect(chance(sale, 200)).toBeGreaterThan(0.4);
  expect(chance(sale, 200)).toBeLessThan(0.6);
  expect(chance(sale, 1_000)).toBe(0);
});

test('the wait is as long as those ahead take at the present pace', () => {
  expect(etaSeconds(saleAt(100, 100, 50), 400, 100)).toBe(30);
  expect(etaSeconds(saleAt(100, 100, 50), 50, 100)).toBe(0);
  expect(etaSeconds(saleAt(100, 100, 50), null, 100)).toBeNull();
});

test('turns that nobody has keep nobody waiting, and say nothing of chances', () => {
  const sale = saleAt(100, 100, 50);
  const skipped = {
    ...sale,
    snapshot: { ...sale.snapshot, vacantRuns: [{ from: 200, to: 50_200, vacant: 50_000 }] },
  };
  expect(etaSeconds(skipped, 50_400, 100)).toBe(etaSeconds(sale, 400, 100));
  expect(chance(skipped, 50_200)).toBe(chance(sale, 200));
  const passed = { ...sale, snapshot: { ...sale.snapshot, serving: 50_100, missedBelow: 50_100 } };
  passed.snapshot.vacantRuns = [{ from: 50, to: 50_050, vacant: 50_000 }];
  expect(chance(passed, 50_200)).toBe(chance(sale, 200));
});

test('a draw spreads the turns that nobody has evenly', () => {
  const sale = saleAt(100, 100, 50);
  const drawn = {
    ...sale,
    draw: { ...({} as NonNullable<LiveSale['draw']>), preEntrants: 10_000 },
    snapshot: { ...sale.snapshot, vacantRuns: [{ from: 5_000, to: 10_000, vacant: 5_000 }] },
  };
  expect(etaSeconds(drawn, 700, 100)).toBe(30);
  expect(etaSeconds(drawn, 10_600, 9_400)).toBe(90);
});

test('polling clients come more often near their turn, and not all at once far from it', () => {
  expect(retryAfterSeconds(0, 7)).toBe(1);
  expect(retryAfterSeconds(8, 7)).toBe(2);
  expect(new Set([0, 1, 2].map((index) => retryAfterSeconds(600, index))).size).toBe(3);
});
