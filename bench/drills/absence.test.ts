import { expect, test } from 'vitest';
import { type Noticed, noticed, tooLong } from './absence.ts';

const absence = { leftAtMs: 10_000, returnedAtMs: 20_000 };

test('selling again is the first reservation after the return, in whatever order they were told', () => {
  expect(noticed(absence, 3, [25_000, 9_000, 10_001, 20_900, 21_000])).toEqual({
    ...absence,
    available: 3,
    reservedMeanwhile: 1,
    sellingAgainMs: 900,
  });
  expect(noticed(absence, 3, [9_000, 19_999])).toMatchObject({ reservedMeanwhile: 1, sellingAgainMs: null });
});

test('late and never are violations where units were left, and an absence that shows nothing is one, too', () => {
  const after = (sellingAgainMs: number | null, available = 1): Noticed => ({
    ...absence,
    available,
    reservedMeanwhile: 0,
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
