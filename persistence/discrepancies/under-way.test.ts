import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { orderIdOf, type PaymentId } from '../../engine/contracts/ids.ts';
import type { LiveSale } from '../../engine/contracts/sale.ts';
import { settlementOn } from '../../engine/settlement.ts';
import { type Hold, testHouse } from '../fixtures/test-house.ts';
import { createLog } from '../log.ts';
import { relayAll } from '../outbox/relay.ts';
import { type PaymentRow, paymentReader } from '../payments/payment-row.ts';
import { type Settlements, settlementsOn } from '../payments/settlements.ts';
import { lookOnce } from './find.ts';

const log = createLog('silent');
let house: Awaited<ReturnType<typeof testHouse>>;
let sale: LiveSale;
let settlements: Settlements;
beforeEach(async () => {
  house = await testHouse();
  sale = await house.openSale(30, { perBuyerLimit: 3 });
  settlements = settlementsOn(house.database.pool, log);
});
afterEach(() => house.close());

const relay = () => relayAll(house.database.pool, house.settlement, log, sale.config.id);

async function paymentOf(hold: Hold): Promise<PaymentRow> {
  const { rows } = await house.database.pool.query<{ payment_id: PaymentId }>(
    'SELECT payment_id FROM payments WHERE order_id = $1 ORDER BY created_at DESC LIMIT 1',
    [orderIdOf(hold.checkoutId)],
  );
  return (await paymentReader(house.database.pool)(rows[0]?.payment_id as string)) as PaymentRow;
}

async function capture(hold: Hold) {
  const outcome = {
    kind: 'captured',
    providerReference: randomUUID(),
    provider: 'primary',
    by: 'saga',
  } as const;
  await settlements.capture(await paymentOf(hold), outcome);
}

async function decline(hold: Hold) {
  const outcome = {
    kind: 'declined',
    declineCode: 'x',
    providerReference: null,
    provider: 'primary',
    by: 'saga',
  } as const;
  await settlements.decline(await paymentOf(hold), outcome);
}

const pinOf = async (hold: Hold) => ({
  reservationId: hold.reservationId,
  paymentId: (await paymentOf(hold)).payment_id,
});
const confirm = async (hold: Hold) => house.settlement.confirm(sale.config.id, [await pinOf(hold)]);
const unpin = async (hold: Hold) => house.settlement.returnToHeld(sale.config.id, [await pinOf(hold)]);

/** Holds in every state, long relayed; and what may happen to each of them next, all of it. */
async function everything() {
  const holds = await Promise.all(Array.from({ length: 12 }, () => house.hold(sale)));
  const [released, paid, paidOut, paidDeclined, pinned, captured, told, declined, unpinned] =
    holds as Hold[] & {
      length: 12;
    };
  for (const hold of [pinned, captured, told, declined, unpinned]) await house.pay(hold as Hold);
  await capture(told as Hold);
  await decline(unpinned as Hold);
  await relay();
  return async () => {
    await house.hold(sale);
    await house.engine.desk.release((released as Hold).reservationId, (released as Hold).buyerId);
    // From its beginning to its end, to where it is paid, to where it is declined.
    await house.pay(paid as Hold);
    await house.pay(paidOut as Hold);
    await capture(paidOut as Hold);
    await confirm(paidOut as Hold);
    await house.pay(paidDeclined as Hold);
    await decline(paidDeclined as Hold);
    await unpin(paidDeclined as Hold);
    // Committed, and Redis does not know it yet; and what Redis is told a moment later.
    await capture(captured as Hold);
    await decline(declined as Hold);
    await confirm(told as Hold);
    await unpin(unpinned as Hold);
    await house.settlement.adjustUnits(sale.config.id, 'ps5', 31);
    await house.settlement.adjustUnits(sale.config.id, 'ps5', 30);
  };
}

const clean = { redis: 'compared', discrepancies: [], epoch: 1 };
const lookWith = (settlement: typeof house.settlement) =>
  lookOnce({ rows: house.database.pool, reports: house.reports, settlement, log }, sale.config.id);

test('what happens before it is looked', async () => {
  const happens = await everything();
  await happens();
  expect(await lookWith(house.settlement)).toEqual(clean);
});

test('what happens after Redis was read, and before Postgres is', async () => {
  const happens = await everything();
  const observe = async (saleId: string) => {
    const seen = await house.settlement.observe(saleId);
    await happens();
    return seen;
  };
  expect(await lookWith({ ...house.settlement, observe })).toEqual(clean);
});

test.each([1, 2, 3, 4, 5])('what happens after call %i of those that read Redis', async (last) => {
  const happens = await everything();
  const redis = new Redis(house.redis.url);
  const evalsha = redis.evalsha.bind(redis) as (...args: unknown[]) => Promise<unknown>;
  let calls = 0;
  redis.evalsha = (async (...args: unknown[]) => {
    const answer = await evalsha(...args);
    calls += 1;
    if (calls === last) await happens();
    return answer;
  }) as typeof redis.evalsha;
  // So that Redis knows each script by its digest.
  await house.settlement.observe(sale.config.id);
  const settlement = settlementOn(redis, house.tokenSecret);
  expect(await lookWith(settlement)).toEqual(clean);
  expect(calls).toBeGreaterThan(last);
  redis.disconnect();
});
