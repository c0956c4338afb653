import { expect, it } from 'vitest';
import { Latency } from './latency.ts';

it('gives percentiles in milliseconds, and zeros where nothing was measured', () => {
  const latency = new Latency();
  for (let ms = 1; ms <= 100; ms++) latency.record('pay', ms);
  expect(latency.percentiles('pay')).toEqual({ count: 100, p50: 50, p90: 90, p99: 99, max: 100 });
  expect(latency.percentiles('join')).toEqual({ count: 0, p50: 0, p90: 0, p99: 0, max: 0 });
});

it('adds up what several processes measured', () => {
  const [one, other, both] = [new Latency(), new Latency(), new Latency()];
  one.record('join', 1);
  other.record('join', 3);
  both.add(one.encoded());
  both.add(other.encoded());
  expect(both.percentiles('join')).toMatchObject({ count: 2, p50: 1, max: 3 });
});
