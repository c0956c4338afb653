import { expect, it } from 'vitest';
import { payAnswerOf, refusedBy } from './line.ts';

it.each([
  [
    { orderId: 'ord_1', status: 'pending' },
    { kind: 'pending', orderId: 'ord_1' },
  ],
  [
    { orderId: 'ord_1', status: 'confirmed', paymentStatus: 'captured' },
    { kind: 'confirmed', orderId: 'ord_1' },
  ],
  [
    {
      orderId: 'ord_1',
      status: 'requires_action',
      nextAction: { type: 'redirect', url: 'http://bank/3ds/pi_1' },
    },
    { kind: 'asked_by_bank', orderId: 'ord_1', url: 'http://bank/3ds/pi_1' },
  ],
  [{ code: 'payment_declined', status: 402, declineCode: 'card_declined' }, { kind: 'declined' }],
  [{ orderId: 'ord_1', status: 'pending', paymentStatus: 'declined' }, { kind: 'declined' }],
  [
    { orderId: 'ord_1', status: 'failed' },
    { kind: 'refused', code: 'reservation_expired' },
  ],
  [
    { code: 'payment_in_progress', status: 409, retryable: true },
    { kind: 'refused', code: 'payment_in_progress', retryable: true },
  ],
  [
    { code: 'already_paid', orderId: 'ord_1' },
    { kind: 'refused', orderId: 'ord_1' },
  ],
])('reads %j', (body, answer) => {
  expect(payAnswerOf(body)).toMatchObject(answer);
});

it('takes Retry-After from the header, from the frame, or waits a second', () => {
  expect(refusedBy({ code: 'rate_limited' }, '3').retryAfterMs).toBe(3000);
  expect(refusedBy({ code: 'rate_limited', retryAfterSeconds: 2 }).retryAfterMs).toBe(2000);
  expect(refusedBy({ code: 'rate_limited' }).retryAfterMs).toBe(1000);
});
