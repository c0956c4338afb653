import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StoredCart } from '../../engine/contracts/carts.ts';
import { refuse } from '../../engine/contracts/errors.ts';
import { generalStockId } from '../../engine/contracts/sale.ts';
import { eventually } from '../fixtures/eventually.ts';
import { testHouse } from '../fixtures/test-house.ts';
import { cartStoreOn } from './cart-store.ts';

let house: Awaited<ReturnType<typeof testHouse>>;
beforeAll(async () => {
  house = await testHouse();
  for (const sku of ['ps5', 'box']) await house.stock.put(sku, { title: sku, price, units: 9 });
  await house.startWorker();
});
afterAll(() => house.close());

const price = { amount: 49_900, currency: 'USD' };

/** A buyer with a cart. `initiate` does `meanwhile` after the cart was read for the first time. */
async function shopper(buyerId: string) {
  const carts = cartStoreOn(house.database.pool);
  const fill = async (sku: string, quantity: number) =>
    (await carts.put({ buyerId, cartId: null }, { sku, quantity, unitPrice: price }, 'set')) as StoredCart;
  const { cartId } = await fill('ps5', 1);
  let read = 0;
  const initiate = async (meanwhile: () => Promise<unknown> = async () => {}) => {
    read = 0;
    const readCart = async () => {
      const { lines } = (await carts.ofBuyer(buyerId, cartId as string)) as StoredCart;
      read += 1;
      if (read === 1) await meanwhile();
      if (lines.length === 0) return refuse('invalid_request', { field: 'cartId' });
      return { lines, checkOut: carts.checkOut.bind(carts, cartId as string) };
    };
    return house.engine.desk.initiate(buyerId, readCart, {});
  };
  const checkedOut = async (meanwhile?: () => Promise<unknown>) => {
    const outcome = await initiate(meanwhile);
    if (outcome.kind === 'refused') throw new Error(JSON.stringify(outcome));
    const { checkoutId, reservation } = outcome.checkout;
    return { checkoutId: checkoutId as `chk_${string}`, reservationId: reservation.id as `rsv_${string}` };
  };
  return {
    fill,
    initiate,
    checkedOut,
    read: () => read,
    async buy(hold: Awaited<ReturnType<typeof checkedOut>>): Promise<void> {
      await house.pay({ buyerId, ...hold });
      await eventually(() => house.engine.desk.reservation(hold.reservationId, buyerId)).toMatchObject({
        reservation: { state: 'confirmed' },
      });
    },
  };
}

const held = async () =>
  Object.fromEntries(
    (await house.settlement.snapshot(generalStockId))?.stock.map(({ sku, held }) => [sku, held]) ?? [],
  );

test('what is bought between the look into the cart and the hold is not held again', async () => {
  const ann = await shopper('ann');
  const hold = await ann.checkedOut();
  const outcome = await ann.initiate(() => ann.buy(hold));
  expect(outcome).toMatchObject({ kind: 'refused', code: 'invalid_request', field: 'cartId' });
  expect(await held()).toEqual({ ps5: 0, box: 0 });
});

test('nor is what another checkout of the same cart held first, and bought', async () => {
  const bob = await shopper('bob');
  const outcome = await bob.initiate(async () => {
    const hold = await (await shopper('bob')).checkedOut();
    await bob.buy(hold);
    await bob.fill('box', 2);
  });
  expect(outcome).toMatchObject({ checkout: { items: [{ sku: 'box', quantity: 2 }] } });
  expect(await held()).toEqual({ ps5: 0, box: 2 });
});

test('whoever bought before is held what is in the cart now, and it is read once', async () => {
  const cai = await shopper('cai');
  await cai.buy(await cai.checkedOut());
  await cai.fill('ps5', 3);
  expect(await cai.initiate()).toMatchObject({ checkout: { items: [{ sku: 'ps5', quantity: 3 }] } });
  expect(cai.read()).toBe(1);
});
