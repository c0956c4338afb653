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

test('polling clients come more often near their turn, and not all at once far from it', () => {
  expect(retryAfterSeconds(0, 7)).toBe(1);
  expect(retryAfterSeconds(8, 7)).toBe(2);
  expect(new Set([0, 1, 2].map((index) => retryAfterSeconds(600, index))).size).toBe(3);
});
