import { expect, test } from 'vitest';
import { newId } from '../contracts/ids.ts';
import { testSale } from '../fixtures/test-sale.ts';
import { floorKeys } from '../redis/keys.ts';

test('a hold whose lease alone was lost is confirmed whole: unit, event and whoever is confirmed with it', async () => {
  const sale = await testSale({ units: { ps5: 2 } });
  const { saleId } = sale;
  const pins = [];
  for (const buyerId of ['ann', 'bob']) {
    const { id: reservationId } = await sale.hold(buyerId);
    const pin = { reservationId, paymentId: newId('pay') };
    await sale.beginPayment({ saleId, epoch: 1, buyerId, ...pin });
    pins.push(pin);
  }
  const leases = floorKeys(saleId).find((key) => key.endsWith(':pins')) as string;
  expect(await sale.redis.zrem(leases, pins[0]?.reservationId ?? '')).toBe(1);
  await sale.settle.confirm(saleId, pins);
  expect(await sale.where()).toBe('0 available, 0 held, 0 paying, 2 sold');
  const { events } = await sale.settlement.outbox(saleId, '0-0', 100);
  expect(events.filter(({ type }) => type === 'reservation.confirmed')).toHaveLength(2);
});
