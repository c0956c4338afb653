import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { testRedisUrl } from '../../supervisor/fixtures/stores.ts';
import { newId } from '../contracts/ids.ts';
import { testSale } from '../fixtures/test-sale.ts';
import { floorKeys } from '../redis/keys.ts';

test('a unit is held until its deadline, and returns when nobody paid', async () => {
  const sale = await testSale({ holdMs: 10_000 });
  const held = await sale.reserve('ann');
  expect(held).toMatchObject({ kind: 'held', fresh: true, deadlineMs: sale.startMs + 10_000 });
  expect(await sale.where()).toBe('0 available, 1 held, 0 paying, 0 sold');
  await sale.pass(9_999);
  expect(await sale.where()).toBe('0 available, 1 held, 0 paying, 0 sold');
  await sale.pass(1);
  expect(await sale.where()).toBe('1 available, 0 held, 0 paying, 0 sold');
  expect(await sale.events()).toEqual([
    'sale.created',
    'sale.waiting',
    'sale.opened',
    'reservation.held',
    'reservation.expired',
  ]);
});

test('the same buyer gets the same reservation again, and no second unit', async () => {
  const sale = await testSale({ units: { ps5: 5 }, perBuyerLimit: 3 });
  const first = await sale.hold('ann');
  expect(await sale.reserve('ann')).toMatchObject({ kind: 'held', fresh: false, id: first.id });
  expect(await sale.reserve('ann', { ps5: 2 })).toMatchObject({
    kind: 'refused',
    code: 'reservation_exists',
  });
  expect(await sale.where()).toBe('4 available, 1 held, 0 paying, 0 sold');
});

test('all items or none', async () => {
  const sale = await testSale({ units: { case: 1, ps5: 1 }, perBuyerLimit: 2 });
  await sale.hold('ann', { case: 1 });
  expect(await sale.reserve('bob', { ps5: 1, case: 1 })).toMatchObject({ kind: 'standby' });
  expect(await sale.where('ps5')).toBe('1 available, 0 held, 0 paying, 0 sold');
});

test('the limit per buyer counts held, paying and sold', async () => {
  const sale = await testSale({ units: { ps5: 9 }, perBuyerLimit: 2 });
  await sale.sell('ann');
  await sale.sell('ann');
  expect(await sale.reserve('ann')).toMatchObject({
    kind: 'refused',
    code: 'buyer_limit_reached',
    members: { limit: 2 },
  });
  expect(await sale.reserve('bob', { ps5: 3 })).toMatchObject({ code: 'buyer_limit_reached' });
});

test('a crowd at the last units: each unit goes once, the others stand by', async () => {
  const sale = await testSale({ units: { ps5: 10 } });
  const decisions = await Promise.all(Array.from({ length: 300 }, (_, i) => sale.reserve(`buyer-${i}`)));
  expect(decisions.filter((decision) => decision.kind === 'held')).toHaveLength(10);
  expect(decisions.filter((decision) => decision.kind === 'standby')).toHaveLength(290);
  expect(await sale.where()).toBe('0 available, 10 held, 0 paying, 0 sold');
});

test('a returned unit goes to the first on standby, not to whoever comes next', async () => {
  const sale = await testSale({ holdMs: 10_000, claimMs: 5_000 });
  const first = await sale.hold('ann');
  expect(await sale.reserve('bob')).toEqual({ kind: 'standby', ahead: 0 });
  expect(await sale.reserve('cat')).toEqual({ kind: 'standby', ahead: 1 });
  await sale.release({ saleId: sale.saleId, reservationId: first.id, buyerId: 'ann' });
  expect(await sale.reserve('dan')).toEqual({ kind: 'standby', ahead: 1 });
  const status = await sale.turnStatus({ saleId: sale.saleId, buyerId: 'bob', turn: null });
  expect(status.reservation).toMatchObject({ state: 'held' });
  // Asking was the touch: from now on the hold lasts as long as any other.
  expect(status.reservation?.deadlineMs).toBe(sale.startMs + 10_000);
});

test('a hold that nobody touches passes on after claimMs; a ghost gets none', async () => {
  const sale = await testSale({ holdMs: 60_000, claimMs: 5_000 });
  const first = await sale.hold('ann');
  await sale.reserve('ghost');
  await sale.pass(31_000);
  await sale.reserve('bob');
  await sale.reserve('cat');
  await sale.release({ saleId: sale.saleId, reservationId: first.id, buyerId: 'ann' });
  await sale.pass(5_000);
  const cat = await sale.turnStatus({ saleId: sale.saleId, buyerId: 'cat', turn: null });
  expect(cat.reservation).toMatchObject({ state: 'held' });
});

test('selling the last unit is final, and says so to those who come late', async () => {
  const sale = await testSale();
  await sale.sell('ann');
  expect((await sale.tick()).state).toBe('sold_out');
  expect(await sale.reserve('bob')).toMatchObject({ kind: 'refused', code: 'sold_out' });
});

test('a SKU that is gone refuses while another one is still sold', async () => {
  const sale = await testSale({ units: { case: 1, ps5: 1 } });
  await sale.sell('ann', { case: 1 });
  expect(await sale.reserve('bob', { case: 1 })).toMatchObject({ kind: 'refused', code: 'sold_out' });
  expect(await sale.reserve('bob', { ps5: 1 })).toMatchObject({ kind: 'held' });
});

test('before it opens, while it is paused and after it closed, nothing is reserved', async () => {
  const sale = await testSale({ opensInMs: 1_000, closesInMs: 20_000, units: { ps5: 3 } });
  expect(await sale.reserve('ann')).toMatchObject({ code: 'sale_not_open' });
  await sale.pass(1_000);
  const { id } = await sale.hold('ann');
  await sale.settlement.command(sale.saleId, 'pause');
  expect(await sale.reserve('bob')).toMatchObject({ code: 'sale_paused' });
  expect(await sale.release({ saleId: sale.saleId, reservationId: id, buyerId: 'ann' })).toBe('released');
  await sale.settlement.command(sale.saleId, 'resume');
  expect(await sale.reserve('bob')).toMatchObject({ kind: 'held' });
  await sale.pass(20_000);
  expect(await sale.reserve('cat')).toMatchObject({ code: 'sale_closed' });
});

test('a payment pins the hold; a decline gives it back until its old deadline', async () => {
  const sale = await testSale({ holdMs: 10_000 });
  const { id } = await sale.hold('ann');
  const of = { saleId: sale.saleId, epoch: 1, reservationId: id, buyerId: 'ann' };
  const [first, second] = [newId('pay'), newId('pay')];
  expect(await sale.beginPayment({ ...of, paymentId: first })).toEqual({
    kind: 'pinned',
    items: [{ sku: 'ps5', quantity: 1 }],
    deadlineMs: sale.startMs + 10_000,
    quoteId: null,
  });
  expect(await sale.beginPayment({ ...of, paymentId: second })).toEqual({ kind: 'in_progress' });
  await sale.pass(15_000);
  expect(await sale.where()).toBe('0 available, 0 held, 1 paying, 0 sold');
  expect(await sale.settle.returnToHeld(sale.saleId, [{ reservationId: id, paymentId: first }])).toEqual([
    { kind: 'expired' },
  ]);
  expect(await sale.where()).toBe('1 available, 0 held, 0 paying, 0 sold');
  expect(await sale.beginPayment({ ...of, paymentId: second })).toEqual({ kind: 'ended' });
});

test('the same payment does not pin twice, not even after it ended', async () => {
  const sale = await testSale();
  const { id } = await sale.hold('ann');
  const pin = { saleId: sale.saleId, epoch: 1, reservationId: id, buyerId: 'ann', paymentId: newId('pay') };
  await sale.beginPayment(pin);
  expect(await sale.beginPayment(pin)).toMatchObject({ kind: 'pinned' });
  await sale.settle.returnToHeld(sale.saleId, [pin]);
  expect(await sale.beginPayment(pin)).toEqual({ kind: 'tried' });
  expect(await sale.where()).toBe('0 available, 1 held, 0 paying, 0 sold');
});

test('confirming is one move, whoever repeats it', async () => {
  const sale = await testSale({ units: { ps5: 2 } });
  const { id, paymentId } = await sale.sell('ann');
  const again = await sale.settle.confirm(sale.saleId, [
    { reservationId: id, paymentId },
    { reservationId: id, paymentId: newId('pay') },
  ]);
  expect(again).toEqual([{ kind: 'confirmed' }, { kind: 'not_paying', state: 'confirmed' }]);
  expect(await sale.where()).toBe('1 available, 0 held, 0 paying, 1 sold');
});

test("another buyer's reservation does not exist", async () => {
  const sale = await testSale();
  const { id } = await sale.hold('ann');
  const of = { saleId: sale.saleId, reservationId: id, buyerId: 'bob' };
  expect(await sale.read(of)).toBeNull();
  expect(await sale.release(of)).toBe('not_found');
  expect(await sale.beginPayment({ ...of, epoch: 1, paymentId: newId('pay') })).toEqual({
    kind: 'not_found',
  });
});

test('a clock set an hour off, either way, releases nothing early and revives nothing', async () => {
  const sale = await testSale({ holdMs: 10_000 });
  await sale.hold('ann');
  await sale.jump(3_600_000);
  expect(await sale.where()).toBe('0 available, 1 held, 0 paying, 0 sold');
  await sale.pass(9_000);
  await sale.jump(-7_200_000);
  expect(await sale.where()).toBe('0 available, 1 held, 0 paying, 0 sold');
  await sale.pass(1_000);
  expect(await sale.where()).toBe('1 available, 0 held, 0 paying, 0 sold');
});

test('a malformed request fails alone: its neighbours in the batch get their answers', async () => {
  const sale = await testSale({ units: { ps5: 2 } });
  const [before, malformed, after] = await Promise.allSettled([
    sale.reserve('ann'),
    sale.reserve('bob', { ps5: 1 }, 5),
    sale.reserve('cat'),
  ]);
  expect(malformed).toMatchObject({
    status: 'rejected',
    reason: new Error('reserve answered 13: its arguments were malformed'),
  });
  expect([before, after]).toMatchObject([{ value: { kind: 'held' } }, { value: { kind: 'held' } }]);
});

test('a key of the wrong type is an error, and changes nothing', async () => {
  const sale = await testSale({ units: { ps5: 2 } });
  await sale.redis.set(`db:{${sale.saleId}}:deadlines`, 'not a sorted set');
  await expect(sale.reserve('ann')).rejects.toThrow('WRONGTYPE');
  await sale.redis.del(`db:{${sale.saleId}}:deadlines`);
  expect(await sale.where()).toBe('2 available, 0 held, 0 paying, 0 sold');
});

test('another epoch refuses who believes in the old one, and its clock is the wall clock again', async () => {
  const sale = await testSale({ holdMs: 10_000, units: { ps5: 2 } });
  await sale.hold('ann');
  await sale.jump(60_000);
  expect(await sale.where()).toBe('1 available, 1 held, 0 paying, 0 sold');
  expect(await sale.beginEpoch(2, { from: 0, to: 0 })).toEqual({ kind: 'begun' });
  expect(await sale.beginEpoch(2, { from: 0, to: 0 })).toEqual({ kind: 'present' });
  expect(await sale.where()).toBe('2 available, 0 held, 0 paying, 0 sold');
  await expect(sale.reserve('bob')).rejects.toThrow('no such epoch');
});

test('an error of a script says nothing of who else was in its batch', async () => {
  // Where no other sales are: whoever looks at all of them would meet this one.
  const sale = await testSale({ units: { ps5: 3 }, redisUrl: testRedisUrl(7) });
  const buyersKey = floorKeys(sale.saleId).find((key) => key.endsWith(':buyers')) as string;
  await sale.redis.set(buyersKey, 'no hash');
  const outcomes = await Promise.allSettled(['ann', 'bob', 'cyd'].map((buyerId) => sale.reserve(buyerId)));
  for (const outcome of outcomes) {
    expect(outcome.status).toBe('rejected');
    const { reason } = outcome as PromiseRejectedResult;
    expect(inspect(reason)).toContain('WRONGTYPE');
    expect(inspect(reason)).not.toMatch(/ann|bob|cyd/);
  }
});
