import { expect, test } from 'vitest';
import { testSale } from '../fixtures/test-sale.ts';

test('more units go to whoever stood by, before anybody else', async () => {
  const sale = await testSale();
  await sale.hold('ann');
  await sale.reserve('bob');
  expect(await sale.settlement.adjustUnits(sale.saleId, 'ps5', 2)).toEqual({ kind: 'done', units: 2 });
  expect(await sale.where()).toBe('0 available, 2 held, 0 paying, 0 sold');
  const bob = await sale.turnStatus({ saleId: sale.saleId, buyerId: 'bob', turn: null });
  expect(bob.reservation).toMatchObject({ state: 'held' });
});

test('units are taken from what is available, never from what is held or sold', async () => {
  const sale = await testSale({ units: { ps5: 5 } });
  await sale.hold('ann');
  await sale.sell('bob');
  expect(await sale.settlement.adjustUnits(sale.saleId, 'ps5', 1)).toMatchObject({ code: 'units_in_use' });
  expect(await sale.settlement.adjustUnits(sale.saleId, 'ps5', 2)).toEqual({ kind: 'done', units: 2 });
  expect(await sale.where()).toBe('0 available, 1 held, 0 paying, 1 sold');
});

test('a sale that has ended keeps its units', async () => {
  const sale = await testSale();
  await sale.sell('ann');
  await sale.tick();
  expect(await sale.settlement.adjustUnits(sale.saleId, 'ps5', 9)).toMatchObject({
    code: 'invalid_transition',
  });
});

test('taking the last unsold units away ends the sale', async () => {
  const sale = await testSale({ units: { ps5: 2 } });
  await sale.sell('ann');
  await sale.settlement.adjustUnits(sale.saleId, 'ps5', 1);
  expect((await sale.tick()).state).toBe('sold_out');
});

test('new times take effect at once', async () => {
  const sale = await testSale({ opensInMs: 60_000 });
  expect(await sale.reserve('ann')).toMatchObject({ code: 'sale_not_open' });
  await sale.settlement.configure(sale.saleId, 1, { opensAtMs: sale.startMs });
  expect(await sale.reserve('ann')).toMatchObject({ kind: 'held' });
  await sale.settlement.configure(sale.saleId, 1, { closesAtMs: sale.startMs });
  expect(await sale.reserve('bob')).toMatchObject({ code: 'sale_closed' });
});
