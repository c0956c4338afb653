import { expect, test } from 'vitest';
import { type Noticed, noticed, stoodStill, tooLong } from './absence.ts';

const absence = { leftAtMs: 10_000, returnedAtMs: 20_000 };

test('selling again is the first reservation after the return, in whatever order they were told', () => {
  const confirmedBySecond = { 9: 4, 10: 1, 19: 2, 20: 8 };
  const told = (reservedAtMs: number[]) => noticed(absence, 3, { reservedAtMs, confirmedBySecond });
  expect(told([25_000, 9_000, 10_001, 20_900, 21_000])).toEqual({
    ...absence,
    available: 3,
    reservedMeanwhile: 1,
    confirmedMeanwhile: 3,
    sellingAgainMs: 900,
  });
  expect(told([9_000, 19_999])).toMatchObject({ reservedMeanwhile: 1, sellingAgainMs: null });
});

test('late and never are violations where units were left, and an absence that shows nothing is one, too', () => {
  const after = (sellingAgainMs: number | null, available = 1): Noticed => ({
    ...absence,
    available,
    reservedMeanwhile: 0,
    confirmedMeanwhile: 0,
    sellingAgainMs,
  });
  expect(tooLong([])).toEqual([]);
  expect(tooLong([after(2_000), after(9_000, 0), after(null, 0)])).toEqual([]);
  expect(tooLong([after(2_001), after(null), after(5)])).toEqual([
    'selling again 2001 ms after a return: more than 2 s',
    'nothing was reserved after a return, though units were left',
  ]);
  expect(tooLong([after(5, 0)])).toHaveLength(1);
});

test('a sale that goes on without Redis has to, where it was away for long enough and units were left', () => {
  const of = (changes: Partial<Noticed>): Noticed => ({
    ...absence,
    ...{ available: 1, reservedMeanwhile: 0, confirmedMeanwhile: 0, sellingAgainMs: 5 },
    ...changes,
  });
  expect(stoodStill([of({ confirmedMeanwhile: 1 }), of({ available: 0 }), of({ leftAtMs: 19_000 })])).toEqual(
    [],
  );
  expect(stoodStill([of({})])).toHaveLength(1);
});
