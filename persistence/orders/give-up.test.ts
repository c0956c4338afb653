import { afterAll, beforeAll, expect, test } from 'vitest';
import { orderIdOf, type PaymentId } from '../../engine/contracts/ids.ts';
import type { PaymentIntent } from '../../engine/contracts/ports.ts';
import type { Pay } from '../../engine/contracts/wire/checkout.ts';
import { calculatorsOf, type Engine, type EngineOptions } from '../../engine/index.ts';
import { type Hold, testHouse } from '../fixtures/test-house.ts';
import { createLog } from '../log.ts';
import { paymentReader } from '../payments/payment-row.ts';
import { settlementsOn } from '../payments/settlements.ts';
import { quoteStoreOn } from '../quotes/quote-store.ts';

const log = createLog('silent');
let house: Awaited<ReturnType<typeof testHouse>>;
beforeAll(async () => {
  house = await testHouse();
});
afterAll(() => house.close());

const usd = (amount: number) => ({ amount, currency: 'USD' });
const home = { name: 'Ada', line1: '12', city: 'London', postalCode: 'SW1Y 4JH', country: 'GB' };
const abroad = { ...home, country: 'FR' };
const calculators = calculatorsOf({
  shipping: [
    { country: home.country, price: usd(700) },
    { country: '*', price: usd(4_000) },
  ],
  tax: [],
});
/** Nobody is woken: what is paid stays as its first commit left it. */
const paymentQueue = { wake: () => {} };

/** Whoever comes to `pass` has `reached` it, and waits there for `go`. */
function stop() {
  let arrive = () => {};
  let go = () => {};
  const reached = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const gone = new Promise<void>((resolve) => {
    go = resolve;
  });
  const pass = () => {
    arrive();
    return gone;
  };
  return { reached, go, pass };
}

/** A gateway that has looked at the price by which it judges a shown token, and stops before it acts on it. */
async function slowGateway(parts: Partial<EngineOptions> = {}) {
  const { reached, go, pass } = stop();
  const quotes = quoteStoreOn(house.database.pool);
  let looks = 0;
  const find: typeof quotes.find = async (...of) => {
    const found = await quotes.find(...of);
    looks += 1;
    if (looks === 1) await pass();
    return found;
  };
  const engine = await gateway({ quotes: { ...quotes, find }, ...parts });
  return { engine, reached, go };
}

async function gateway(parts: Partial<EngineOptions> = {}): Promise<Engine> {
  const engine = await house.openGateway({ calculators, paymentQueue, ...parts });
  await engine.runOnce();
  return engine;
}

const payAt = ({ desk }: Engine, { checkoutId, buyerId }: Hold, key: string, shown: Partial<Pay> = {}) =>
  desk.pay({
    checkoutId,
    buyerId,
    idempotencyKey: key,
    request: { paymentMethod: 'card', paymentToken: 'tok_visa', ...shown },
  });

async function repriceAt({ desk }: Engine, { checkoutId, buyerId }: Hold, shippingAddress: typeof home) {
  const found = await desk.reprice(checkoutId, buyerId, { shippingAddress });
  if (found.kind !== 'found') throw new Error(found.code);
  return found.checkout;
}

const stateOf = async ({ reservationId, buyerId }: Hold) => {
  const found = await house.engine.desk.reservation(reservationId, buyerId);
  return found.kind === 'found' ? found.reservation.state : found.code;
};

const paymentsOf = async ({ reservationId }: Hold) =>
  (
    await house.database.pool.query<{ payment_id: PaymentId; state: string }>(
      'SELECT payment_id, state FROM payments WHERE order_id = $1 ORDER BY created_at',
      [orderIdOf(reservationId)],
    )
  ).rows;

async function begunPayment(hold: Hold) {
  const [begun] = await paymentsOf(hold);
  const payment = begun && (await paymentReader(house.database.pool)(begun.payment_id));
  if (!payment) throw new Error('no payment');
  return payment;
}

/**
 * The same key twice: `late` shows the token of a lower price, and has found that this is the price, when the buyer
 * moves abroad. It goes on when it is told to.
 */
async function twiceUnderOneKey(parts: Partial<EngineOptions> = {}) {
  const sale = await house.openSale(2);
  const [prompt, slow] = await Promise.all([gateway(), slowGateway(parts)]);
  const hold = await house.hold(sale);
  const { purchaseToken } = await repriceAt(prompt, hold, home);
  const late = payAt(slow.engine, hold, 'k', { purchaseToken });
  await slow.reached;
  await repriceAt(prompt, hold, abroad);
  const close = () => Promise.all([prompt.close(), slow.engine.close()]);
  return { sale, hold, prompt, late, go: slow.go, close };
}

const dearer = { code: 'price_changed', members: { oldTotal: usd(50_600), newTotal: usd(53_900) } };
const saidAgain = {
  kind: 'final',
  replayed: true,
  status: 409,
  body: { code: 'price_changed', newTotal: usd(53_900) },
};

test('whoever would give up an attempt that is under way says so instead, and its hold stays pinned', async () => {
  const { sale, hold, prompt, late, go, close } = await twiceUnderOneKey();
  expect(await payAt(prompt, hold, 'k')).toMatchObject({ kind: 'pending', replayed: false });
  go();
  expect(await late).toMatchObject({ kind: 'pending', replayed: true });
  expect(await stateOf(hold)).toBe('paying');
  expect(await prompt.desk.release(hold.reservationId, hold.buyerId)).toMatchObject({
    code: 'payment_in_progress',
  });

  const payment = await begunPayment(hold);
  const captured = { kind: 'captured', providerReference: 'pi', provider: 'primary', by: 'saga' } as const;
  await settlementsOn(house.database.pool, log).capture(payment, captured);
  const pin = { reservationId: hold.reservationId, paymentId: payment.payment_id };
  expect(await house.settlement.confirm(sale.config.id, [pin])).toEqual([{ kind: 'confirmed' }]);
  await expect(house.hold(sale, hold.buyerId)).rejects.toThrow('limit');
  await close();
});

test('whoever would give up an attempt that was declined meanwhile answers the decline', async () => {
  const { hold, prompt, late, go, close } = await twiceUnderOneKey();
  await payAt(prompt, hold, 'k');
  const payment = await begunPayment(hold);
  await settlementsOn(house.database.pool, log).decline(payment, {
    kind: 'declined',
    declineCode: 'card_declined',
    providerReference: null,
    provider: null,
    by: 'saga',
  });
  go();
  expect(await late).toMatchObject({ kind: 'final', replayed: true, status: 402 });
  await close();
});

test('an attempt that was given up is over for whoever else has pinned it, and its hold may end', async () => {
  const { hold, late, go, close } = await twiceUnderOneKey();
  const { reached, go: wake, pass } = stop();
  const beginPayment = async (intent: PaymentIntent) => {
    await pass();
    return house.orders.beginPayment(intent);
  };
  const asleep = await gateway({ orderStore: { ...house.orders, beginPayment } });
  const slept = payAt(asleep, hold, 'k');
  await reached;
  go();
  expect(await late).toMatchObject(dearer);
  expect(await paymentsOf(hold)).toMatchObject([{ state: 'abandoned' }]);
  expect(await house.engine.desk.release(hold.reservationId, hold.buyerId)).toEqual({ kind: 'released' });
  wake();
  expect(await slept).toMatchObject(saidAgain);
  expect(await house.orders.order(orderIdOf(hold.reservationId), hold.buyerId)).toBeNull();
  expect(await stateOf(hold)).toBe('released');
  await Promise.all([asleep.close(), close()]);
});

test('after an attempt was given up another key pays at once, and its own says what it was told', async () => {
  const { hold, prompt, late, go, close } = await twiceUnderOneKey();
  go();
  expect(await late).toMatchObject(dearer);
  expect(await stateOf(hold)).toBe('held');
  expect(await payAt(prompt, hold, 'k')).toMatchObject(saidAgain);
  expect(await payAt(prompt, hold, 'another')).toMatchObject({ kind: 'pending', replayed: false });
  expect(await payAt(prompt, hold, 'k')).toMatchObject(saidAgain);
  expect((await paymentsOf(hold)).map(({ state }) => state)).toEqual(['abandoned', 'initiated']);
  await close();
});

test('a key that another body has paid under since says to each body what it was told', async () => {
  const { hold, prompt, late, go, close } = await twiceUnderOneKey();
  go();
  expect(await late).toMatchObject(dearer);
  const other = { paymentToken: 'tok_3ds' };
  expect(await payAt(prompt, hold, 'k', other)).toMatchObject({ kind: 'pending', replayed: false });
  expect(await payAt(prompt, hold, 'k')).toMatchObject(saidAgain);
  expect(await payAt(prompt, hold, 'k', other)).toMatchObject({ kind: 'pending', replayed: true });
  expect(await payAt(prompt, hold, 'k', { paymentToken: 'tok_declined' })).toMatchObject({
    code: 'idempotency_key_reused',
  });
  await close();
});

test('while Postgres cannot be asked nothing is given up: the pin waits for its lease', async () => {
  const abandon = () => Promise.reject(new Error('Postgres is away'));
  const { hold, late, go, close } = await twiceUnderOneKey({ orderStore: { ...house.orders, abandon } });
  go();
  await expect(late).rejects.toThrow('Postgres is away');
  expect(await stateOf(hold)).toBe('paying');
  await close();
});
