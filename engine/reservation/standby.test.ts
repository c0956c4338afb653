import { expect, test } from 'vitest';
import { testSale } from '../fixtures/test-sale.ts';

type TestSale = Awaited<ReturnType<typeof testSale>>;

const crowd = (sale: TestSale, count: number, items: Record<string, number>) =>
  Promise.all(Array.from({ length: count }, (_, i) => sale.reserve(`waiting-${i}`, items)));

const release = (sale: TestSale, { id }: { id: `rsv_${string}` }, buyerId: string) =>
  sale.release({ saleId: sale.saleId, reservationId: id, buyerId });

const stateOf = async (sale: TestSale, buyerId: string) =>
  (await sale.turnStatus({ saleId: sale.saleId, buyerId, turn: null })).reservation?.state ?? null;

test('a returned unit reaches whoever wants it, however many stand before them for something else', async () => {
  const sale = await testSale({ units: { case: 1, ps5: 1 } });
  await sale.hold('ann', { case: 1 });
  const ps5 = await sale.hold('bob', { ps5: 1 });
  await crowd(sale, 450, { case: 1 });
  expect(await sale.reserve('last', { ps5: 1 })).toEqual({ kind: 'standby', ahead: 450 });
  await release(sale, ps5, 'bob');
  for (let i = 0; i < 3; i++) await sale.tick();
  expect(await stateOf(sale, 'last')).toBe('held');
});

test('those who stand by for something else do not keep anybody from what is there', async () => {
  const sale = await testSale({ units: { case: 1, ps5: 5 } });
  await sale.hold('ann', { case: 1 });
  await crowd(sale, 450, { case: 1 });
  expect(await sale.reserve('bob', { ps5: 1 })).toMatchObject({ kind: 'held' });
});

test('nor do those who wait for a set of which a part is there keep anybody from a third thing', async () => {
  const sale = await testSale({ units: { cable: 1, case: 1, ps5: 5 }, perBuyerLimit: 2 });
  await sale.hold('ann', { case: 1 });
  await crowd(sale, 250, { case: 1, ps5: 1 });
  expect(await sale.reserve('bob', { cable: 1 })).toMatchObject({ kind: 'held' });
  expect(await sale.reserve('cat', { ps5: 1 })).toMatchObject({ kind: 'standby' });
  await sale.tick();
  expect(await stateOf(sale, 'cat')).toBe('held');
});

test('nobody passes those on standby while many units return at once', async () => {
  const sale = await testSale({ units: { ps5: 300 }, holdMs: 5_000 });
  await Promise.all(Array.from({ length: 300 }, (_, i) => sale.reserve(`first-${i}`)));
  await crowd(sale, 300, { ps5: 1 });
  await sale.settlement.command(sale.saleId, 'pause');
  await sale.pass(5_000);
  await sale.settlement.command(sale.saleId, 'resume');
  expect(await sale.reserve('late')).toEqual({ kind: 'standby', ahead: 100 });
  expect(await sale.where()).toBe('0 available, 300 held, 0 paying, 0 sold');
  expect(await stateOf(sale, 'late')).toBeNull();
});

test('after a pause everybody who decides in one batch lets those before them go first', async () => {
  const sale = await testSale({ units: { ps5: 3 } });
  const held = [await sale.hold('ann'), await sale.hold('bob'), await sale.hold('cat')] as const;
  for (const buyerId of ['dan', 'eve', 'gus']) await sale.reserve(buyerId);
  await sale.settlement.command(sale.saleId, 'pause');
  await Promise.all(
    ['ann', 'bob', 'cat'].map((buyer, i) => release(sale, held[i] as (typeof held)[0], buyer)),
  );
  await sale.settlement.command(sale.saleId, 'resume');
  const [eve, fay] = await Promise.all([sale.reserve('eve'), sale.reserve('fay')]);
  expect([eve, fay]).toMatchObject([{ kind: 'held' }, { kind: 'standby', ahead: 0 }]);
  expect([await stateOf(sale, 'dan'), await stateOf(sale, 'gus')]).toEqual(['held', 'held']);
});

test('what returns in the middle of a batch goes to whoever was passed over earlier in it', async () => {
  const sale = await testSale({ units: { ps5: 2 }, perBuyerLimit: 2, holdMs: 4_000 });
  await sale.hold('ann');
  expect(await sale.reserve('bob', { ps5: 2 })).toEqual({ kind: 'standby', ahead: 0 });
  await sale.jump(4_000);
  const [dan, ann] = await Promise.all([sale.reserve('dan', { ps5: 2 }), sale.reserve('ann')]);
  expect([dan, ann]).toMatchObject([{ kind: 'standby' }, { kind: 'standby' }]);
  expect(await stateOf(sale, 'bob')).toBe('held');
});

test('who stands by while their own request is decided gets one hold, not two', async () => {
  const sale = await testSale({ units: { ps5: 3 } });
  const held = [await sale.hold('ann'), await sale.hold('bob'), await sale.hold('cat')] as const;
  await sale.reserve('dan');
  await sale.reserve('eve');
  await sale.settlement.command(sale.saleId, 'pause');
  await Promise.all(
    ['ann', 'bob', 'cat'].map((buyer, i) => release(sale, held[i] as (typeof held)[0], buyer)),
  );
  await sale.settlement.command(sale.saleId, 'resume');
  await sale.hold('eve');
  expect(await sale.where()).toBe('1 available, 2 held, 0 paying, 0 sold');
});

test('who stood by in time keeps their place when their window ends', async () => {
  const sale = await testSale({ method: 'fifo', claimMs: 5_000 });
  for (const buyerId of ['ann', 'bob', 'cat'])
    await sale.places.take({ saleId: sale.saleId, epoch: 1, buyerId });
  await sale.tick();
  const first = await sale.hold('ann', { ps5: 1 }, 0);
  await sale.redis.hset(`db:{${sale.saleId}}:sale`, 'serving', 3);
  await sale.reserve('bob', { ps5: 1 }, 1);
  await sale.reserve('cat', { ps5: 1 }, 2);
  await sale.redis.hset(`db:{${sale.saleId}}:sale`, 'missedBelow', 2);
  expect(await sale.reserve('bob', { ps5: 1 }, 1)).toEqual({ kind: 'standby', ahead: 0 });
  await release(sale, first, 'ann');
  expect(await stateOf(sale, 'bob')).toBe('held');
});

test('paying is a touch: after a decline a handed-over hold lasts as long as any other', async () => {
  const sale = await testSale({ holdMs: 10_000, claimMs: 5_000 });
  const first = await sale.hold('ann');
  await sale.reserve('bob');
  await release(sale, first, 'ann');
  const { events } = await sale.settlement.outbox(sale.saleId, '0-0', 100);
  const id = events.at(-1)?.reservationId as `rsv_${string}`;
  const pin = {
    saleId: sale.saleId,
    epoch: 1,
    reservationId: id,
    buyerId: 'bob',
    paymentId: 'pay_1' as const,
  };
  await sale.beginPayment(pin);
  await sale.pass(6_000);
  expect(await sale.settle.returnToHeld(sale.saleId, [pin])).toEqual([
    { kind: 'held', deadlineMs: sale.startMs + 10_000 },
  ]);
});

test('who shows up for a unit that was handed to them has no less time than before, and as much as others', async () => {
  for (const { holdMs, claimMs } of [
    { holdMs: 2_000, claimMs: 10_000 },
    { holdMs: 10_000, claimMs: 2_000 },
  ]) {
    const sale = await testSale({ holdMs, claimMs });
    const held = await sale.hold('ann');
    await sale.reserve('bob');
    await release(sale, held, 'ann');
    await sale.jump(1_000);
    const deadlineOf = async () =>
      (await sale.turnStatus({ saleId: sale.saleId, buyerId: 'bob', turn: null })).reservation?.deadlineMs;
    const deadlineMs = await deadlineOf();
    expect(deadlineMs).toBe(sale.startMs + Math.max(claimMs, 1_000 + holdMs));
    await sale.jump(500);
    expect(await deadlineOf()).toBe(deadlineMs);
  }
});

test('a pause makes no ghosts of those who stand by, and whoever comes after it does not pass them', async () => {
  const sale = await testSale({ holdMs: 600_000 });
  const held = await sale.hold('ann');
  await sale.reserve('bob');
  await sale.settlement.command(sale.saleId, 'pause');
  await release(sale, held, 'ann');
  await sale.pass(60_000);
  await sale.settlement.command(sale.saleId, 'resume');
  expect(await sale.reserve('late')).toMatchObject({ kind: 'standby', ahead: 0 });
  expect(await stateOf(sale, 'bob')).toBe('held');
});

test('repeating the call during a pause, as one is told to, is a sign of life', async () => {
  const sale = await testSale({ holdMs: 600_000 });
  const held = await sale.hold('ann');
  await sale.reserve('bob');
  await sale.reserve('cat');
  await sale.pass(20_000);
  await sale.settlement.command(sale.saleId, 'pause');
  await sale.pass(36_000);
  expect(await sale.reserve('cat')).toMatchObject({ code: 'sale_paused' });
  await sale.settlement.command(sale.saleId, 'resume');
  // Of these 32 s by the claim clock bob has said nothing.
  await sale.pass(12_000);
  await release(sale, held, 'ann');
  expect([await stateOf(sale, 'bob'), await stateOf(sale, 'cat')]).toEqual([null, 'held']);
});

test('while Redis is away nobody on standby becomes a ghost', async () => {
  const sale = await testSale({ holdMs: 5_000 });
  await sale.hold('ann');
  await sale.reserve('bob');
  await sale.pass(1_000);
  await sale.jump(600_000);
  await sale.beginEpoch(2, { from: 0, to: 0 });
  await sale.tick();
  expect([await stateOf(sale, 'ann'), await stateOf(sale, 'bob')]).toEqual(['expired', 'held']);
});
