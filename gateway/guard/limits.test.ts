import { expect, test } from 'vitest';
import { Limits } from './limits.ts';
import { Quota } from './quota.ts';

const settings = {
  RATE_BUYER_PER_SECOND: 5,
  RATE_BUYER_BURST: 20,
  RATE_ADDRESS_PER_SECOND: 50,
  RATE_ADDRESS_BURST: 200,
};

test('a burst passes, the next one waits, and another buyer does not notice', async () => {
  const limits = new Limits(settings, { isLoopbackExempt: false });
  for (let request = 1; request <= 20; request += 1) {
    expect((await limits.buyer('ana')).refusal).toBeNull();
  }
  const spent = await limits.buyer('ana');
  expect(spent.policy).toBe('"buyer";q=20;w=4');
  expect(spent.item).toMatch(/^"buyer";r=0;t=[1-4]$/);
  expect(spent.refusal).toMatchObject({ code: 'rate_limited' });
  expect(spent.refusal?.retryAfterSeconds).toBeGreaterThan(0);
  expect((await limits.buyer('bea')).refusal).toBeNull();
});

test('loopback is exempt only where that was said', async () => {
  const exempt = new Limits(settings, { isLoopbackExempt: true });
  expect(await exempt.address('127.0.0.2')).toBeNull();
  expect(await exempt.address('203.0.113.9')).not.toBeNull();
  expect(await new Limits(settings, { isLoopbackExempt: false }).address('127.0.0.1')).not.toBeNull();
});

test('neighbours in one IPv6 network share a quota', async () => {
  const limits = new Limits(
    { ...settings, RATE_ADDRESS_BURST: 1, RATE_ADDRESS_PER_SECOND: 1 },
    { isLoopbackExempt: false },
  );
  expect((await limits.address('2001:db8:0:7:0:0:0:1'))?.refusal).toBeNull();
  expect((await limits.address('2001:db8:0:7:0:0:0:2'))?.refusal).toMatchObject({ code: 'rate_limited' });
  expect((await limits.address('2001:db8:0:8:0:0:0:2'))?.refusal).toBeNull();
});

test('a burst below the rate does not lower the rate', () => {
  expect(new Quota('buyer', 1000, 20).policy).toBe('"buyer";q=1000;w=1');
});
