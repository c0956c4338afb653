import { expect, test } from 'vitest';
import { type TestSaleOptions, testSale } from '../fixtures/test-sale.ts';

const items = (of: Record<string, number>) =>
  Object.entries(of).map(([sku, quantity]) => ({ sku, quantity }));

async function soldSale(options: TestSaleOptions, bought: Record<string, number> = { ps5: 1 }) {
  const sale = await testSale(options);
  const { id } = await sale.sell('ann', bought);
  const restock = (returnId: string, of: Record<string, number>) =>
    sale.settlement.restock({ saleId: sale.saleId, reservationId: id, returnId, items: items(of) });
  return { ...sale, id, restock };
}

test('a return brings its units back once, in parts, and never more than were sold', async () => {
  const sale = await soldSale({ units: { ps5: 5, case: 2 }, perBuyerLimit: 4 }, { ps5: 3, case: 1 });
  expect(await sale.restock('ret_1', { ps5: 1 })).toEqual({ kind: 'restocked', items: items({ ps5: 1 }) });
  expect(await sale.restock('ret_1', { ps5: 2 })).toEqual({ kind: 'restocked', items: items({ ps5: 1 }) });
  expect(await sale.where()).toBe('3 available, 0 held, 0 paying, 2 sold');
  expect(await sale.restock('ret_2', { ps5: 2, case: 2 })).toEqual({
    kind: 'exceeds',
    left: items({ case: 1, ps5: 2 }),
  });
  expect(await sale.restock('ret_2', { ps5: 2, case: 1 })).toMatchObject({ kind: 'restocked' });
  expect(await sale.restock('ret_3', { ps5: 1 })).toEqual({ kind: 'exceeds', left: [] });
  expect(await sale.where()).toBe('5 available, 0 held, 0 paying, 0 sold');
  expect(await sale.where('case')).toBe('2 available, 0 held, 0 paying, 0 sold');
});

test('what came back no longer counts for its buyer, who may buy it again', async () => {
  const sale = await soldSale({ units: { ps5: 2 } });
  expect(await sale.reserve('ann')).toMatchObject({ code: 'buyer_limit_reached' });
  await sale.restock('ret_1', { ps5: 1 });
  const again = await sale.sell('ann');
  // The first reservation has nothing left to return, whatever its buyer bought since.
  expect(await sale.restock('ret_2', { ps5: 1 })).toEqual({ kind: 'exceeds', left: [] });
  expect(await sale.read({ saleId: sale.saleId, reservationId: again.id, buyerId: 'ann' })).toMatchObject({
    state: 'confirmed',
  });
});

test('whoever stands by gets it before anybody else, and the outbox tells both in that order', async () => {
  const sale = await soldSale({ units: { ps5: 2 } });
  await sale.hold('bob');
  await sale.reserve('cat');
  await sale.restock('ret_1', { ps5: 1 });
  expect(await sale.where()).toBe('0 available, 2 held, 0 paying, 0 sold');
  const [restocked, held] = (await sale.settlement.outbox(sale.saleId, '0-0', 100)).events.slice(-2);
  expect(restocked).toMatchObject({
    type: 'reservation.restocked',
    reservationId: sale.id,
    buyerId: 'ann',
    returnId: 'ret_1',
    items: items({ ps5: 1 }),
  });
  expect(held).toMatchObject({ type: 'reservation.held', buyerId: 'cat', returnId: null });
});

test('a sale that has ended takes nothing back; what it took back before it still says so', async () => {
  const sale = await soldSale({ units: { ps5: 2 }, perBuyerLimit: 2 });
  const other = await sale.hold('bob');
  await sale.restock('ret_1', { ps5: 1 });
  await sale.settlement.command(sale.saleId, 'close');
  expect(await sale.restock('ret_1', { ps5: 1 })).toMatchObject({ kind: 'restocked' });

  const soldOut = await soldSale({ units: { ps5: 1 } });
  expect((await soldOut.tick()).state).toBe('sold_out');
  expect(await soldOut.restock('ret_1', { ps5: 1 })).toEqual({ kind: 'sale_ended' });
  expect(await soldOut.where()).toBe('0 available, 0 held, 0 paying, 1 sold');

  const held = { saleId: sale.saleId, reservationId: other.id, returnId: 'ret_2', items: items({ ps5: 1 }) };
  expect(await sale.settlement.restock(held)).toEqual({ kind: 'not_sold', state: 'held' });
  expect(await sale.settlement.restock({ ...held, reservationId: 'rsv_none' })).toEqual({
    kind: 'not_sold',
    state: null,
  });
  await expect(sale.settlement.restock({ ...held, items: [] })).rejects.toThrow('malformed');
});
