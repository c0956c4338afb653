import { expect, test } from 'vitest';
import { newId } from '../contracts/ids.ts';
import { testSale } from '../fixtures/test-sale.ts';

test('the pin answers the price that was said last, and ends all saying', async () => {
  const sale = await testSale({ holdMs: 10_000, units: { ps5: 2 } });
  const { id } = await sale.hold('ann');
  const of = { saleId: sale.saleId, reservationId: id, buyerId: 'ann' };
  expect(await sale.read(of)).toMatchObject({ quoteId: null });
  expect(await sale.reprice({ ...of, quoteId: 'qte_1' })).toEqual({ kind: 'priced' });
  expect(await sale.reprice({ ...of, quoteId: 'qte_2' })).toEqual({ kind: 'priced' });
  expect(await sale.read(of)).toMatchObject({ quoteId: 'qte_2', state: 'held' });
  expect(await sale.reprice({ ...of, buyerId: 'bob', quoteId: 'qte_3' })).toEqual({ kind: 'not_found' });

  const paymentId = newId('pay');
  const pin = { ...of, epoch: 1, paymentId };
  expect(await sale.beginPayment(pin)).toMatchObject({ kind: 'pinned', quoteId: 'qte_2' });
  expect(await sale.reprice({ ...of, quoteId: 'qte_3' })).toEqual({ kind: 'paying' });
  expect(await sale.beginPayment(pin)).toMatchObject({ kind: 'pinned', quoteId: 'qte_2' });

  await sale.settle.returnToHeld(sale.saleId, [{ reservationId: id, paymentId }]);
  expect(await sale.reprice({ ...of, quoteId: 'qte_4' })).toEqual({ kind: 'priced' });
  await sale.pass(12_000);
  expect(await sale.reprice({ ...of, quoteId: 'qte_5' })).toEqual({ kind: 'ended' });

  const sold = await sale.sell('cid');
  const bought = { saleId: sale.saleId, reservationId: sold.id, buyerId: 'cid', quoteId: 'qte_6' as const };
  expect(await sale.reprice(bought)).toEqual({ kind: 'paid' });
});
