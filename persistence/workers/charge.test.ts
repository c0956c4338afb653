import { expect, test } from 'vitest';
import type { ChargeOutcome } from '../../engine/contracts/ports.ts';
import { createLog } from '../log.ts';
import type { PaymentRow } from '../payments/payment-row.ts';
import type { Settled } from '../payments/settlements.ts';
import { charger } from './charge.ts';

const initiated: PaymentRow = {
  payment_id: 'pay_1',
  buyer_id: 'ann',
  order_id: 'ord_1',
  sale_id: 'sale',
  state: 'initiated',
  amount_minor: 49_900,
  currency: 'USD',
  payment_token: 'tok_visa',
  decline_code: null,
  created_at: new Date(0),
  order_number: 'AAAA',
  order_status: 'pending',
};
const settled: Settled = { kind: 'settled', answer: { status: 201, body: {} } };

/** A charger whose surroundings write down what happens, in order, and wait where they are told to. */
function scene(
  options: {
    payment?: PaymentRow;
    outcome?: ChargeOutcome;
    commit?: () => Promise<Settled>;
    redis?: Error;
  } = {},
) {
  const events: string[] = [];
  const reach = async <R>(name: string, result: R) => {
    events.push(name);
    if (options.redis) throw options.redis;
    return result;
  };
  const commit = async (name: string) => {
    const result = await (options.commit?.() ?? Promise.resolve(settled));
    events.push(name);
    return result;
  };
  const charge = charger({
    read: async () => options.payment ?? initiated,
    provider: {
      name: 'primary',
      charge: async () => {
        events.push('charge');
        return options.outcome ?? { kind: 'captured', providerReference: 'pi' };
      },
      capture: async () => ({ kind: 'captured' }),
      void: async () => ({ kind: 'voided' }),
      refund: async () => ({ kind: 'refunded', providerRefundReference: 're' }),
      find: async () => ({ kind: 'none' }),
    },
    settlements: { capture: () => commit('captured'), decline: () => commit('declined') },
    holds: {
      confirm: () => reach('confirm', { kind: 'confirmed' as const }),
      returnToHeld: () => reach('return', { kind: 'held' as const, deadlineMs: 0 }),
    },
    push: (push) => reach(`push ${push.ev === 'order' && push.status}`, undefined),
    log: createLog('silent'),
  });
  return { charge, events };
}

test('nobody hears of a capture before it is committed', async () => {
  let commits = (_: Settled) => {};
  const { charge, events } = scene({ commit: () => new Promise((resolve) => (commits = resolve)) });
  const charging = charge('pay_1');
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(events).toEqual(['charge']);
  commits(settled);
  expect(await charging).toEqual({ kind: 'done' });
  expect(events).toEqual(['charge', 'captured', 'confirm', 'push 201']);
});

test('a commit that failed is told to nobody, and tried again', async () => {
  const { charge, events } = scene({ commit: () => Promise.reject(new Error('Postgres is away')) });
  expect(await charge('pay_1')).toEqual({ kind: 'open', reason: 'Postgres is away' });
  expect(events).toEqual(['charge']);
});

test.each<ChargeOutcome>([
  { kind: 'unknown', reason: 'lost' },
  { kind: 'unavailable', reason: 'lost' },
])('an outcome that is $kind settles nothing', async (outcome) => {
  const { charge, events } = scene({ outcome });
  expect(await charge('pay_1')).toEqual({ kind: 'open', reason: 'lost' });
  expect(events).toEqual(['charge']);
});

test.each<[Partial<PaymentRow>, string[]]>([
  [{ state: 'captured', order_status: 'confirmed' }, ['confirm', 'push 201']],
  [{ state: 'captured', order_status: 'failed' }, []],
  [{ state: 'declined', decline_code: 'x' }, ['return', 'push 402']],
  [{ state: 'abandoned' }, []],
])('a payment that is settled is not charged again: %j', async (changes, expected) => {
  const { charge, events } = scene({ payment: { ...initiated, ...changes } });
  expect(await charge('pay_1')).toEqual({ kind: 'done' });
  expect(events).toEqual(expected);
});

test('while Redis is away the job comes back, and the buyer is not told too early', async () => {
  const { charge, events } = scene({ redis: new Error('Redis is away') });
  expect(await charge('pay_1')).toEqual({ kind: 'open', reason: 'Redis is away' });
  expect(events).toEqual(['charge', 'captured', 'confirm']);
});
