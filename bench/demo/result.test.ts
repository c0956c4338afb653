import { expect, it } from 'vitest';
import { rates } from './result.ts';

it('counts orders a second from the opening to the last of them', () => {
  expect(rates({ 102: 30, 103: 50, 119: 20 }, 100)).toEqual({ perSecond: 5, perSecondMax: 50 });
  expect(rates({}, 100)).toEqual({ perSecond: 0, perSecondMax: 0 });
});
