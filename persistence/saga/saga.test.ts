import { expect, test } from 'vitest';
import { passBy } from '../../engine/contracts/crash-points.ts';
import type { ChargeOutcome, FoundPayment } from '../../engine/contracts/ports.ts';
import { createLog } from '../log.ts';
import type { Settled } from '../payments/settlements.ts';
import { providersIn } from '../providers/choice.ts';
import type { HoldSettlement } from '../workers/hold-settlement.ts';
import type { Claim, PaymentSeen } from './claims.ts';
import { paymentSaga } from './saga.ts';

const initiated: Claim = {
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
  request_id: 'req_1',
  order_number: 'AAAA',
  order_status: 'pending',
  payment_tokens: null,
  provider: null,
  provider_reference: null,
  next_action: null,
  action_until: null,
  unresolved: null,
  was_asked: null,
  asked: 'primary',
  asked_at: new Date(),
  key_over_at: null,
  fence: 1,
  waits_until: new Date(8_640_000_000_000_000),
  leaseUntilMs: Number.POSITIVE_INFINITY,
};
const settled: Settled = { kind: 'settled', answer: { status: 201, body: {} } };

/** A charger whose surroundings write down what happens, in order, and wait where they are told to. */
function scene(
  options: {
    payment?: PaymentSeen;
    outcome?: ChargeOutcome;
    commit?: () => Promise<Settled>;
    redis?: Error;
    returned?: Awaited<ReturnType<HoldSettlement['returnToHeld']>>;
    found?: FoundPayment;
    unresolvedAfterMs?: number;
    /** What the order has become by the time that its hold is returned. */
    orderStatus?: PaymentSeen['order_status'];
  } = {},
) {
  const events: string[] = [];
  /** Why a person has to decide, each time that a claim was given back. */
  const unresolved: (string | null)[] = [];
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
  const provider = {
    name: 'primary',
    isAway: () => false,
    chargeMsMax: 5_000,
    charge: async () => {
      events.push('charge');
      return options.outcome ?? { kind: 'captured' as const, providerReference: 'pi' };
    },
    capture: async () => {
      events.push('capture');
      return { kind: 'captured' as const };
    },
    void: async () => {
      events.push('void');
      return { kind: 'voided' as const };
    },
    refund: async () => ({ kind: 'unknown' as const, reason: 'not asked for' }),
    findRefund: async () => ({ kind: 'none' as const }),
    find: async () => {
      events.push('find');
      return options.found ?? { kind: 'none' as const };
    },
  };
  const charge = paymentSaga({
    claims: {
      claim: async () => options.payment ?? initiated,
      release: async (_, released) => {
        events.push(released.isUnasked ? 'release unasked' : 'release');
        unresolved.push(released.unresolved);
      },
      awaitBuyer: async () => {
        events.push('await');
        return true;
      },
    },
    providers: providersIn([provider]),
    at: passBy,
    unresolvedAfterMs: options.unresolvedAfterMs ?? Number.POSITIVE_INFINITY,
    read: async () => ({ ...(options.payment ?? initiated), order_status: options.orderStatus ?? 'pending' }),
    settlements: { capture: () => commit('captured'), decline: () => commit('declined') },
    holds: {
      confirm: () => reach('confirm', { kind: 'confirmed' as const }),
      returnToHeld: () => reach('return', options.returned ?? { kind: 'held' as const, deadlineMs: 0 }),
      release: () => reach('release the hold', undefined),
    },
    push: (push) =>
      reach(`push ${push.ev === 'order' && `${push.status}${push.hasFailed ? ' failed' : ''}`}`, undefined),
    log: createLog('silent'),
  });
  return { charge, events, unresolved };
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

test('nobody is asked for a charge of nothing', async () => {
  const { charge, events } = scene({ payment: { ...initiated, amount_minor: 0 } });
  expect(await charge('pay_1')).toEqual({ kind: 'done' });
  expect(events).toEqual(['captured', 'confirm', 'push 201']);
});

test.each<[ChargeOutcome, string]>([
  [{ kind: 'unknown', reason: 'lost' }, 'release'],
  [{ kind: 'unavailable', reason: 'lost' }, 'release unasked'],
])('%j settles nothing', async (outcome, released) => {
  const { charge, events } = scene({ outcome });
  expect(await charge('pay_1')).toEqual({ kind: 'open', reason: 'lost' });
  expect(events).toEqual(['charge', released]);
});

const longAgo = new Date(0);
const atTheBank = { type: 'redirect', url: 'http://bank' } as const;
test.each<[string, Partial<Claim>, string | null]>([
  ['that was asked for just now, long after it began', { asked_at: new Date() }, null],
  ['that was asked for long ago', { asked_at: longAgo }, 'lost'],
  [
    'whose buyer has time left at the bank',
    { asked_at: longAgo, next_action: atTheBank, action_until: new Date(Date.now() + 60_000) },
    null,
  ],
  [
    'whose buyer was waited for long ago',
    { asked_at: longAgo, next_action: atTheBank, action_until: longAgo },
    'lost',
  ],
])('whether what is not known of a payment %s is for a person', async (_, changes, reason) => {
  const lost = { kind: 'unknown', reason: 'lost' } as const;
  const { charge, unresolved } = scene({
    ...{ outcome: lost, found: lost, unresolvedAfterMs: 120_000 },
    payment: { ...initiated, was_asked: 'primary', ...changes },
  });
  await charge('pay_1');
  expect(unresolved).toEqual([reason]);
});

test('a refusal to work says nothing about who was asked before', async () => {
  const outcome = { kind: 'unavailable', reason: 'away' } as const;
  const { charge, events } = scene({
    outcome,
    payment: { ...initiated, was_asked: 'primary', created_at: new Date() },
  });
  expect(await charge('pay_1')).toEqual({ kind: 'open', reason: 'away' });
  expect(events).toEqual(['charge', 'release']);
});

test.each<[FoundPayment, string[]]>([
  [{ kind: 'captured', providerReference: 'pi' }, ['find', 'captured', 'confirm', 'push 201']],
  [{ kind: 'authorized', providerReference: 'pi' }, ['find', 'capture', 'captured', 'confirm', 'push 201']],
  [{ kind: 'voided', providerReference: 'pi' }, ['find', 'declined', 'return', 'push 402']],
  [{ kind: 'none' }, ['find', 'charge', 'captured', 'confirm', 'push 201']],
  [{ kind: 'unknown', reason: 'lost' }, ['find', 'release']],
  [{ kind: 'unavailable', reason: 'lost' }, ['find', 'release']],
])(
  'a charge whose key may be forgotten is looked for before it is sent again: %j',
  async (found, expected) => {
    const sentAt = new Date(Date.now() - 86_400_000);
    const status = found.kind === 'voided' ? 402 : 201;
    const { charge, events } = scene({
      found,
      commit: async () => ({ kind: 'settled', answer: { status, body: {} } }),
      payment: { ...initiated, was_asked: 'primary', created_at: sentAt },
    });
    await charge('pay_1');
    expect(events).toEqual(expected);
  },
);

test('a charge is sent again without looking for it while its key is known, and the first time however late', async () => {
  const recent = scene({ payment: { ...initiated, was_asked: 'primary', created_at: new Date() } });
  await recent.charge('pay_1');
  const first = scene({ payment: { ...initiated, was_asked: null, created_at: new Date(0) } });
  await first.charge('pay_1');
  expect([recent.events[0], first.events[0]]).toEqual(['charge', 'charge']);
});

test('a payment that nobody was asked for is refused when the sale lets it wait no longer', async () => {
  const outcome = { kind: 'unavailable', reason: 'away' } as const;
  const { charge, events } = scene({
    outcome,
    payment: { ...initiated, waits_until: new Date(0) },
    commit: async () => ({ kind: 'settled', answer: { status: 402, body: {} } }),
  });
  expect(await charge('pay_1')).toEqual({ kind: 'done' });
  expect(events).toEqual(['charge', 'declined', 'return', 'push 402']);
});

test('a decline after the hold has ended is told as the end of the order', async () => {
  const declined = { ...initiated, state: 'declined', decline_code: 'x' } as PaymentSeen;
  const late = scene({ payment: declined, returned: { kind: 'expired' } });
  await late.charge('pay_1');
  expect(late.events).toEqual(['return', 'push 402 failed']);
  const again = scene({ payment: { ...declined, order_status: 'failed' }, returned: { kind: 'not_paying' } });
  await again.charge('pay_1');
  expect(again.events).toEqual(['return', 'push 402 failed']);
});

test('a hold whose order was cancelled meanwhile is released', async () => {
  const declined = { ...initiated, state: 'declined', decline_code: 'x' } as PaymentSeen;
  const { charge, events } = scene({ payment: declined, orderStatus: 'cancelled' });
  await charge('pay_1');
  expect(events).toEqual(['return', 'release the hold', 'push 402']);
});

test('whoever slept through its lease asks nobody', async () => {
  const { charge, events } = scene({ payment: { ...initiated, leaseUntilMs: 0 } as Claim });
  expect(await charge('pay_1')).toEqual({ kind: 'open', reason: 'its lease had ended' });
  expect(events).toEqual(['release']);
});

test('what is authorized is captured while the order waits for it, else given back', async () => {
  const outcome = { kind: 'authorized', providerReference: 'pi' } as const;
  const waiting = scene({ outcome });
  await waiting.charge('pay_1');
  expect(waiting.events).toEqual(['charge', 'capture', 'captured', 'confirm', 'push 201']);
  const ended = scene({
    outcome,
    payment: { ...initiated, order_status: 'failed' },
    commit: async () => ({ kind: 'settled', answer: { status: 402, body: {} } }),
  });
  await ended.charge('pay_1');
  expect(ended.events).toEqual(['charge', 'void', 'declined', 'return', 'push 402 failed']);
});

test('a buyer who has a part to do hears of it, and the claim is not tried again', async () => {
  const outcome = { kind: 'requires_action', url: 'http://bank', providerReference: 'pi' } as const;
  const { charge, events } = scene({ outcome });
  expect(await charge('pay_1')).toEqual({ kind: 'done' });
  expect(events).toEqual(['charge', 'await', 'push 202']);
});

test.each<[Partial<PaymentSeen>, string[]]>([
  [{ state: 'captured', order_status: 'confirmed' }, ['confirm', 'push 201']],
  [{ state: 'captured', order_status: 'failed' }, ['return', 'push 410']],
  [{ state: 'captured', order_status: 'cancelled' }, []],
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
