import { expect, test } from 'vitest';
import { Limits } from './limits.ts';
import type { Neighbours } from './neighbours.ts';
import { Quota } from './quota.ts';

const settings = {
  RATE_BUYER_PER_SECOND: 5,
  RATE_BUYER_BURST: 20,
  RATE_ADDRESS_PER_SECOND: 50,
  RATE_ADDRESS_BURST: 200,
};

test('a burst passes, the next one waits, and another buyer does not notice', () => {
  const limits = new Limits(settings, { isLoopbackExempt: false });
  for (let request = 1; request <= 20; request += 1) {
    expect(limits.buyer('ana').refusal).toBeNull();
  }
  const spent = limits.buyer('ana');
  expect(spent.policy).toBe('"buyer";q=20;w=4');
  expect(spent.item).toMatch(/^"buyer";r=0;t=[1-4]$/);
  expect(spent.refusal).toMatchObject({ code: 'rate_limited' });
  expect(spent.refusal?.retryAfterSeconds).toBeGreaterThan(0);
  expect(limits.buyer('bea').refusal).toBeNull();
});

test('loopback is exempt only where that was said', () => {
  const exempt = new Limits(settings, { isLoopbackExempt: true });
  expect(exempt.address('127.0.0.2')).toBeNull();
  expect(exempt.address('203.0.113.9')).not.toBeNull();
  expect(new Limits(settings, { isLoopbackExempt: false }).address('127.0.0.1')).not.toBeNull();
});

test('neighbours in one IPv6 network share a quota', () => {
  const limits = new Limits(
    { ...settings, RATE_ADDRESS_BURST: 1, RATE_ADDRESS_PER_SECOND: 1 },
    { isLoopbackExempt: false },
  );
  expect(limits.address('2001:db8:0:7:0:0:0:1')?.refusal).toBeNull();
  expect(limits.address('2001:db8:0:7:0:0:0:2')?.refusal).toMatchObject({ code: 'rate_limited' });
  expect(limits.address('2001:db8:0:8:0:0:0:2')?.refusal).toBeNull();
});

test('sockets of an address are counted while they are open, ten for each request at once unless that is set', () => {
  const few = { ...settings, RATE_ADDRESS_BURST: 1, RATE_ADDRESS_PER_SECOND: 2 };
  const limits = new Limits(few, { isLoopbackExempt: false });
  const enter = () => limits.enter('2001:db8:0:7:0:0:0:1') as Neighbours;
  const first = enter();
  for (let open = 1; open < 20; open += 1) expect(enter()).toBe(first);
  expect(limits.enter('2001:db8:0:7:0:0:0:2')).toMatchObject({ code: 'rate_limited' });
  expect(limits.enter('2001:db8:0:8:0:0:0:2')).toMatchObject({ open: 1 });
  limits.leave(first);
  expect(enter()).toMatchObject({ open: 20 });

  const set = new Limits({ ...few, SOCKETS_PER_ADDRESS: 1 }, { isLoopbackExempt: true });
  expect(set.enter('203.0.113.9')).toMatchObject({ open: 1 });
  expect(set.enter('203.0.113.9')).toMatchObject({ code: 'rate_limited' });
  expect(set.enter('127.0.0.1')).toBeNull();
});

test('frames of an address have a limit of their own', () => {
  const limits = new Limits(
    { ...settings, RATE_ADDRESS_BURST: 1, RATE_ADDRESS_PER_SECOND: 1 },
    { isLoopbackExempt: false },
  );
  const neighbours = limits.enter('203.0.113.9') as Neighbours;
  for (let frame = 0; frame < 4; frame += 1) expect(limits.frame(neighbours).refusal).toBeNull();
  expect(limits.frame(neighbours).refusal).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 1 });
  expect(limits.address('203.0.113.9')?.refusal).toBeNull();
});

test('a burst below the rate does not lower the rate', () => {
  expect(new Quota('buyer', 1000, 20).policy).toBe('"buyer";q=1000;w=1');
});

test('a caller who waits as long as they were told is let in', () => {
  const quota = new Quota('buyer', 5, 20);
  for (let request = 0; request < 20; request += 1) expect(quota.take('ana', 1_000).isAllowed).toBe(true);
  expect(quota.take('bea', 1_000).isAllowed).toBe(true);
  expect(quota.take('ana', 1_000)).toEqual({
    isAllowed: false,
    item: '"buyer";r=0;t=4',
    retryAfterSeconds: 1,
  });
  expect(quota.take('ana', 2_000)).toMatchObject({ isAllowed: true, item: '"buyer";r=4;t=4' });
  expect(quota.take('ana', 9_000)).toMatchObject({ isAllowed: true, item: '"buyer";r=19;t=1' });
});

test('a quota holds while those of others come and go', () => {
  const quota = new Quota('address', 10, 10);
  let nowMs = 0;
  const allowed: boolean[] = [];
  for (let step = 0; step < 400; step += 1) {
    nowMs += 25;
    quota.take(`other-${step}`, nowMs);
    allowed.push(quota.take('ana', nowMs).isAllowed);
  }
  // Ten at once, and ten a second of forty asked, for ten seconds.
  expect(allowed.filter(Boolean)).toHaveLength(109);
});

test('a wait is never said to be longer than it is, at whatever fraction of a millisecond it begins', () => {
  for (let caller = 0; caller < 1_000; caller += 1) {
    const quota = new Quota('address', 10, 10);
    expect(quota.take('ana', 15_900 + caller / 7).retryAfterSeconds).toBe(1);
  }
});
