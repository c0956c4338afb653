import { expect, it } from 'vitest';
import type { Audit } from '../../engine/contracts/wire/sales.ts';
import { drain, unsettled } from './drain.ts';

const audit = (held: number, paying = 0, pending = 0, lagEntries = 0) =>
  ({
    items: [{ held, paying }],
    orders: { pending },
    relay: { lagEntries },
  }) as unknown as Audit;

it('names what still moves', () => {
  expect(unsettled(audit(0))).toBeNull();
  expect(unsettled(audit(3, 2, 1, 40))).toBe('3 held, 2 paying, 1 orders pending, 40 entries not relayed');
});

it('asks until nothing moves', async () => {
  const audits = [audit(2), audit(0, 1), audit(0)];
  const drained = await drain(async () => audits.shift() as Audit);
  expect(drained).toEqual({ audit: audit(0), unsettled: null });
  expect(audits).toEqual([]);
});
