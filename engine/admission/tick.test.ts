import { expect, test } from 'vitest';
import { newId } from '../contracts/ids.ts';
import { type TestSaleOptions, testSale } from '../fixtures/test-sale.ts';

async function roomOf(entrants: number, options: TestSaleOptions) {
  const sale = await testSale({ method: 'fifo', ...options });
  await Promise.all(
    Array.from({ length: entrants }, (_, i) =>
      sale.places.take({ saleId: sale.saleId, epoch: 1, buyerId: `b${i}` }),
    ),
  );
  return sale;
}

test('nobody is called before the sale opens', async () => {
  const sale = await roomOf(5, { opensInMs: 2_000 });
  await sale.pass(1_999);
  expect((await sale.tick()).serving).toBe(0);
  await sale.pass(1);
  expect((await sale.tick()).serving).toBe(1);
});

test('no more turns are called than units could serve', async () => {
  const sale = await roomOf(50, { units: { ps5: 3 } });
  await sale.pass(1_000);
  expect((await sale.tick()).serving).toBe(3);
  expect(await sale.reserve('b3', { ps5: 1 }, 3)).toMatchObject({
    code: 'not_your_turn',
    members: { ahead: 0 },
  });
  await sale.hold('b0', { ps5: 1 }, 0);
  await sale.pass(1_000);
  expect((await sale.tick()).serving).toBe(3);
});

test('perMinute sets the pace where stock is ample', async () => {
  const sale = await roomOf(2_000, { units: { ps5: 5_000 }, perMinute: 6_000, claimMs: 600_000 });
  await sale.tick();
  const { serving } = await sale.tick();
  await sale.pass(4_000);
  expect((await sale.tick()).serving - serving).toBe(400);
});

test('ticking twice, late, or from many gateways at once gives the same', async () => {
  const options = { units: { ps5: 5_000 }, perMinute: 6_000, claimMs: 600_000 };
  const [often, seldom] = [await roomOf(2_000, options), await roomOf(2_000, options)];
  await Promise.all([often.tick(), seldom.tick()]);
  for (let i = 0; i < 40; i++) {
    await often.pass(100);
    await Promise.all([often.tick(), often.tick()]);
  }
  await seldom.pass(4_000);
  expect((await often.tick()).serving).toBe((await seldom.tick()).serving);
});

test('a turn that nobody used is missed after claimMs, and the next one is called', async () => {
  const sale = await roomOf(3, { claimMs: 5_000 });
  await sale.tick();
  const of = (turn: number) => ({ saleId: sale.saleId, buyerId: `b${turn}`, turn });
  expect(await sale.turnStatus(of(0))).toMatchObject({ serving: 1, claimByMs: sale.startMs + 5_000 });
  await sale.pass(5_000);
  expect(await sale.turnStatus(of(0))).toMatchObject({ claimByMs: null });
  expect((await sale.tick()).serving).toBeGreaterThan(1);
});

test('whoever missed their turn comes after those who may still come on time', async () => {
  const sale = await roomOf(2, { claimMs: 5_000 });
  await sale.tick();
  await sale.pass(5_000);
  expect((await sale.tick()).serving).toBe(2);
  expect(await sale.reserve('b0', { ps5: 1 }, 0)).toMatchObject({ kind: 'standby' });
  expect(await sale.reserve('b1', { ps5: 1 }, 1)).toMatchObject({ kind: 'held' });
});

test('a missed turn gets the unit when those on time do not come', async () => {
  const sale = await roomOf(2, { claimMs: 5_000 });
  await sale.tick();
  await sale.pass(5_000);
  await sale.reserve('b0', { ps5: 1 }, 0);
  await sale.pass(5_000);
  const status = await sale.turnStatus({ saleId: sale.saleId, buyerId: 'b0', turn: 0 });
  expect(status.reservation).toMatchObject({ state: 'held' });
});

test('a pause longer than claimMs makes nobody miss', async () => {
  const sale = await roomOf(1, { claimMs: 5_000 });
  await sale.pass(1_000);
  await sale.settlement.command(sale.saleId, 'pause');
  await sale.pass(60_000);
  await sale.settlement.command(sale.saleId, 'resume');
  await sale.pass(3_000);
  expect(await sale.reserve('b0', { ps5: 1 }, 0)).toMatchObject({ kind: 'held' });
});

test('while Redis is away no window ends, and nobody counts as not having come', async () => {
  for (const isPaused of [false, true]) {
    const sale = await roomOf(20, { claimMs: 5_000, units: { ps5: 2 } });
    await sale.tick();
    await sale.pass(1_000);
    if (isPaused) await sale.settlement.command(sale.saleId, 'pause');
    await sale.jump(600_000);
    expect(await sale.beginEpoch(2, { from: 1_000, to: 2_000 })).toEqual({ kind: 'begun' });
    if (isPaused) await sale.settlement.command(sale.saleId, 'resume');
    const beganAtMs = sale.startMs + 601_000;
    expect(await sale.tick()).toMatchObject({ nowMs: beganAtMs, missedBelow: 0, serving: 2 });
    const status = await sale.turnStatus({ saleId: sale.saleId, buyerId: 'b0', turn: 0 });
    expect(status).toMatchObject({ claimByMs: beganAtMs + 4_000 });
    await sale.pass(4_000);
    expect((await sale.tick()).missedBelow).toBe(2);
  }
});

test('a turn buys once, also below the limit per buyer', async () => {
  const sale = await roomOf(1, { perBuyerLimit: 2, units: { ps5: 5 } });
  await sale.tick();
  await sale.sell('b0', { ps5: 1 }, 0);
  expect(await sale.reserve('b0', { ps5: 1 }, 0)).toMatchObject({ kind: 'refused', code: 'turn_used' });
});

test('no more are called than may check out at once', async () => {
  const sale = await roomOf(50, { units: { ps5: 50 }, checkoutsAtOnceMax: 4 });
  expect((await sale.tick()).serving).toBe(4);
  await sale.hold('b0', { ps5: 1 }, 0);
  await sale.pass(1_000);
  expect((await sale.tick()).serving).toBe(4);
  await sale.sell('b1', { ps5: 1 }, 1);
  await sale.pass(1_000);
  expect((await sale.tick()).serving).toBe(5);
});

test('calling slows while payments take much longer than usual, and recovers by itself', async () => {
  const sale = await roomOf(3_000, {
    units: { ps5: 5_000 },
    perMinute: 6_000,
    claimMs: 600_000,
    holdMs: 600_000,
  });
  await sale.pass(1_000);
  const { id } = await sale.hold('b0', { ps5: 1 }, 0);
  const pin = { saleId: sale.saleId, epoch: 1, reservationId: id, buyerId: 'b0', paymentId: newId('pay') };
  await sale.beginPayment(pin);
  const calledIn = async (ms: number) => {
    const { serving } = await sale.tick();
    for (let passed = 0; passed < ms; passed += 200) await sale.pass(200);
    return (await sale.tick()).serving - serving;
  };
  await sale.pass(2_000);
  expect(await calledIn(1_000)).toBeLessThan(25);
  await sale.settle.confirm(sale.saleId, [pin]);
  await sale.pass(200);
  expect(await calledIn(1_000)).toBe(100);
});
