import { expect, test } from 'vitest';
import { newId, type ReservationId } from '../contracts/ids.ts';
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

test('a pause saves no turns up: whoever resumes calls at the pace of before', async () => {
  const sale = await roomOf(2_000, { units: { ps5: 5_000 }, perMinute: 6_000, claimMs: 600_000 });
  await sale.tick();
  const { serving } = await sale.tick();
  await sale.settlement.command(sale.saleId, 'pause');
  await sale.pass(60_000);
  await sale.tick();
  await sale.settlement.command(sale.saleId, 'resume');
  await sale.tick();
  await sale.pass(1_000);
  expect((await sale.tick()).serving - serving).toBe(100);
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

/** Pace alone decides how many are called there: nobody runs out of time or units. */
const longRoom = () =>
  roomOf(3_000, { units: { ps5: 5_000 }, perMinute: 6_000, claimMs: 600_000, holdMs: 600_000 });

test('calling slows while payments take much longer than usual, and recovers by itself', async () => {
  const sale = await longRoom();
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

test('a payment that later ones overtake slows nobody, and payments that all take long do', async () => {
  const sale = await longRoom();
  const pay = async (turn: number) => {
    const buyerId = `b${turn}`;
    const { id } = await sale.hold(buyerId, { ps5: 1 }, turn);
    const pin = { saleId: sale.saleId, epoch: 1, reservationId: id, buyerId, paymentId: newId('pay') };
    await sale.beginPayment(pin);
    return pin;
  };
  await sale.pass(1_000);
  const stuck = await pay(0);
  /** Somebody pays every 200 ms, and is confirmed after `tookMs`. */
  const calledIn = async (ms: number, from: number, tookMs: number) => {
    const { serving } = await sale.tick();
    const underWay = [];
    for (let passed = 0; passed < ms; passed += 200) {
      underWay.push(await pay(from + passed / 200));
      await sale.pass(200);
      if (underWay.length * 200 >= tookMs) {
        await sale.settle.confirm(sale.saleId, underWay.splice(0, 1));
      }
      await sale.tick();
    }
    await sale.settle.confirm(sale.saleId, underWay);
    return (await sale.tick()).serving - serving;
  };
  expect(await calledIn(4_000, 1, 200)).toBe(400);
  expect(await calledIn(8_000, 21, 4_000)).toBeLessThan(500);
  await sale.settle.confirm(sale.saleId, [stuck]);
  await sale.pass(200);
  expect(await calledIn(1_000, 61, 200)).toBe(100);
});

type Room = Awaited<ReturnType<typeof roomOf>>;

const asking = (sale: Room, turns: number[], items: Record<string, number>) =>
  Promise.all(turns.map((turn) => sale.reserve(`b${turn}`, items, turn)));

async function paid(sale: Room, reservationId: ReservationId, buyerId: string) {
  const pin = { reservationId, paymentId: newId('pay') };
  await sale.beginPayment({ saleId: sale.saleId, epoch: 1, buyerId, ...pin });
  await sale.settle.confirm(sale.saleId, [pin]);
}

/** Those are on standby, and stay there for as long as they say that they are. */
async function polling(sale: Room, turns: number[], ms: number) {
  for (let passedMs = 0; passedMs < ms; passedMs += 4_000) {
    await sale.pass(4_000);
    for (const turn of turns) await sale.turnStatus({ saleId: sale.saleId, buyerId: `b${turn}`, turn });
  }
}

test('whoever waits for what is sold is told so, and the next ones are called for what is left', async () => {
  for (const asksAgain of [true, false]) {
    const sale = await roomOf(60, { units: { cold: 5, hot: 1 }, claimMs: 5_000, holdMs: 600_000 });
    const statusOf = (turn: number) => sale.turnStatus({ saleId: sale.saleId, buyerId: `b${turn}`, turn });
    expect((await sale.tick()).serving).toBe(6);
    const { id } = await sale.hold('b0', { hot: 1 }, 0);
    expect(await asking(sale, [1, 2, 3, 4, 5], { hot: 1 })).toMatchObject(Array(5).fill({ kind: 'standby' }));
    await polling(sale, [1, 2, 3, 4, 5], 8_000);
    const { serving } = await sale.tick();
    const others = Array.from({ length: serving - 1 }, (_, i) => i + 1);
    await asking(sale, others, { hot: 1 });
    expect((await sale.tick()).standby).toBe(others.length);

    await paid(sale, id, 'b0');
    expect(await statusOf(1)).toMatchObject({ standbyRank: 0, isTurnedAway: false });
    if (asksAgain) {
      for (const answer of await asking(sale, others, { hot: 1 }))
        expect(answer).toMatchObject({ code: 'sold_out' });
    } else await sale.tick();
    expect(await statusOf(1)).toMatchObject({ standbyRank: null, isTurnedAway: true });

    await sale.pass(8_000);
    const after = await sale.tick();
    expect(after.serving).toBeGreaterThan(serving);
    expect(after.standby).toBe(0);
    await asking(sale, [serving, serving + 1, serving + 2, serving + 3], { cold: 1 });
    // What they may still have is theirs for the asking.
    await sale.pass(12_000);
    expect(await sale.reserve('b1', { cold: 1 }, 1)).toMatchObject({ kind: 'standby' });
    expect(await statusOf(1)).toMatchObject({ isTurnedAway: false });
  }
});

test('the last unit is offered to whoever would take one, where those on standby want two', async () => {
  const sale = await roomOf(30, {
    units: { ps5: 3 },
    perBuyerLimit: 2,
    claimMs: 5_000,
    holdMs: 600_000,
  });
  expect((await sale.tick()).serving).toBe(3);
  const { id } = await sale.hold('b0', { ps5: 2 }, 0);
  expect(await asking(sale, [1, 2], { ps5: 2 })).toMatchObject([{ kind: 'standby' }, { kind: 'standby' }]);
  await polling(sale, [1, 2], 12_000);
  const { serving, standby } = await sale.tick();
  expect(serving).toBeGreaterThan(3);
  expect(standby).toBe(2);
  expect(await sale.reserve('b3', { ps5: 1 }, 3)).toMatchObject({ kind: 'held' });
  await sale.release({ saleId: sale.saleId, reservationId: id, buyerId: 'b0' });
  expect(await sale.turnStatus({ saleId: sale.saleId, buyerId: 'b1', turn: 1 })).toMatchObject({
    reservation: { state: 'held' },
  });
});

test('nor does anybody wait for two where one is left for good', async () => {
  const sale = await roomOf(30, { units: { ps5: 3 }, perBuyerLimit: 2, claimMs: 5_000 });
  await sale.tick();
  const { id } = await sale.hold('b0', { ps5: 2 }, 0);
  await asking(sale, [1, 2], { ps5: 2 });
  await paid(sale, id, 'b0');
  await polling(sale, [1, 2], 12_000);
  const { serving, standby } = await sale.tick();
  expect({ isCalled: serving > 3, standby }).toEqual({ isCalled: true, standby: 0 });
  await sale.sell('b3', { ps5: 1 }, 3);
  expect((await sale.tick()).state).toBe('sold_out');
});

test('a long line for what is sold is turned away a part at a time', async () => {
  const sale = await testSale({ units: { cold: 5, hot: 1 }, holdMs: 600_000 });
  const { id } = await sale.hold('first', { hot: 1 });
  await Promise.all(Array.from({ length: 450 }, (_, i) => sale.reserve(`w${i}`, { hot: 1 })));
  await paid(sale, id, 'first');
  const left: number[] = [];
  for (let i = 0; i < 3; i++) left.push((await sale.tick()).standby);
  expect(left).toEqual([250, 50, 0]);
});
