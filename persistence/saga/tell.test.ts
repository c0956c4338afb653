import { afterAll, beforeAll, expect, test } from 'vitest';
import { passBy } from '../../engine/contracts/crash-points.ts';
import { orderIdOf } from '../../engine/contracts/ids.ts';
import { testHouse } from '../fixtures/test-house.ts';
import { createLog } from '../log.ts';
import { buyerOrdersOn } from '../orders/buyer-orders.ts';
import { paymentReader } from '../payments/payment-row.ts';
import { settlementsOn } from '../payments/settlements.ts';
import { holdSettlement } from '../workers/hold-settlement.ts';
import { teller } from './tell.ts';

let house: Awaited<ReturnType<typeof testHouse>>;
beforeAll(async () => {
  house = await testHouse();
});
afterAll(() => house.close());

test('what an order held that is cancelled between its decline and the return of its hold is free', async () => {
  const { pool } = house.database;
  const sale = await house.openSale(1);
  const saleId = sale.config.id;
  const held = await house.hold(sale);
  await house.payAt(held, { paymentQueue: { wake: () => {} } });
  const orderId = orderIdOf(held.reservationId);
  const { rows } = await pool.query<{ payment_id: string }>(
    'SELECT payment_id FROM payments WHERE order_id = $1',
    [orderId],
  );
  const read = paymentReader(pool);
  const payment = await read(rows[0]?.payment_id as string);
  if (!payment) throw new Error('no payment');
  const log = createLog('silent');
  const decline = { kind: 'declined', declineCode: 'x', providerReference: null } as const;
  const settled = await settlementsOn(pool, log).decline(payment, {
    ...decline,
    provider: 'primary',
    by: 'saga',
  });
  if (settled.kind !== 'settled') throw new Error(settled.kind);

  const holds = holdSettlement(house.settlement);
  const cancelled: number[] = [];
  const tell = teller({
    read,
    log,
    at: passBy,
    push: house.settlement.push,
    holds: {
      ...holds,
      async returnToHeld(pin) {
        const outcome = await buyerOrdersOn(pool, 0).cancel(orderId, held.buyerId, {}, 'c');
        if (outcome.kind === 'done') cancelled.push(outcome.status);
        expect(await house.engine.desk.release(held.reservationId, held.buyerId)).toMatchObject({
          code: 'payment_in_progress',
        });
        return holds.returnToHeld(pin);
      },
    },
  });
  await tell(payment, settled.answer);
  expect(cancelled).toEqual([200]);
  expect((await house.sales.audit(saleId))?.items).toMatchObject([{ available: 1, held: 0, paying: 0 }]);
});
