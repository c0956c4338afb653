import { expect, test } from 'vitest';
import { BrokenInvariant } from '../failure.ts';
import { joinMany } from './joins.ts';

const setting = { saleId: 's', epoch: 1, count: 500, underWay: 10 };

test('as many join as were asked for, each once, also when the leases run out', async () => {
  const joined = new Set<string>();
  let left = 200;
  await joinMany(async ({ buyerId }) => {
    if (left === 0) {
      left = 400;
      return { kind: 'refused', code: 'overloaded' };
    }
    left -= 1;
    joined.add(buyerId);
    return { kind: 'place', fresh: true };
  }, setting);
  expect(joined.size).toBe(500);
});

test('any other answer ends the measurement', async () => {
  const refused = joinMany(async () => ({ kind: 'refused', code: 'sold_out' }), setting);
  await expect(refused).rejects.toThrow('sold_out');
  await expect(refused).rejects.toBeInstanceOf(BrokenInvariant);
  await expect(joinMany(async () => ({ kind: 'place', fresh: false }), setting)).rejects.toThrow(
    '"fresh":false',
  );
});
