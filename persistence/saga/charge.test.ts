import { afterEach, expect, test, vi } from 'vitest';
import { passBy } from '../../engine/contracts/crash-points.ts';
import type { FoundPayment, PaymentProvider } from '../../engine/contracts/ports.ts';
import { guarded } from '../providers/guarded.ts';
import { chargeStep } from './charge.ts';
import type { Claim } from './claims.ts';

afterEach(() => vi.restoreAllMocks());

const turnMsMax = 3_000;
const answerMsMax = 5_000;

const claimOf = (leaseMs: number): Claim => ({
  payment_id: 'pay_1',
  order_id: 'ord_1',
  order_number: 'AAAA-1',
  order_status: 'pending',
  buyer_id: 'ann',
  sale_id: 'a-sale',
  state: 'initiated',
  amount_minor: 49_900,
  currency: 'USD',
  payment_token: 'tok_visa',
  payment_tokens: null,
  decline_code: null,
  request_id: null,
  created_at: new Date(),
  waits_until: new Date(),
  provider: null,
  provider_reference: null,
  next_action: null,
  action_until: null,
  unresolved: null,
  was_asked: 'primary',
  asked: 'primary',
  asked_at: new Date(),
  key_over_at: null,
  fence: 2,
  leaseUntilMs: performance.now() + leaseMs,
});

test('a provider that takes almost all of its time for each answer is asked to capture under the same claim', async () => {
  let nowMs = performance.now();
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  const asked: string[] = [];
  const slowly = <O>(what: string, outcome: O) => {
    asked.push(what);
    nowMs += answerMsMax - 1;
    return Promise.resolve(outcome);
  };
  const slow: PaymentProvider = {
    name: 'primary',
    find: () => slowly<FoundPayment>('find', { kind: 'none' }),
    charge: () => slowly('charge', { kind: 'authorized', providerReference: 'pi_1' }),
    capture: () => slowly('capture', { kind: 'captured' }),
    void: () => slowly('void', { kind: 'voided' }),
    refund: () => slowly('refund', { kind: 'refused', code: 'not asked for' }),
    findRefund: () => slowly('findRefund', { kind: 'none' }),
  };
  const provider = guarded(slow, {
    ...{ atOnceMax: 10, timeoutMs: answerMsMax, halfOpenAfterMs: 1_000 },
    captureMethod: 'manual',
  });
  const claim = claimOf(turnMsMax + provider.chargeMsMax);
  nowMs += turnMsMax - 1;
  expect(await chargeStep(provider, passBy)(claim)).toMatchObject({ kind: 'captured' });
  expect(asked).toEqual(['charge', 'capture']);
});
