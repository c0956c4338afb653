import { expect, test } from 'vitest';
import {
  checkoutIdOf,
  isIdOf,
  newId,
  newReservationId,
  orderIdOf,
  orderNumberFor,
  paymentIdFor,
  reservationIdOf,
  saleNumberOf,
} from './ids.ts';

test('ids ascend, also within a millisecond, and none comes twice', () => {
  const ids = Array.from({ length: 20_000 }, () => newReservationId(7));
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
  // Version and variant of RFC 9562, where they belong.
  expect(ids[0]).toMatch(/^rsv_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}7$/);
});

test('reservation, checkout and order share a suffix that names the sale', () => {
  const id = newReservationId(46_655);
  expect(reservationIdOf(checkoutIdOf(id))).toBe(id);
  expect(reservationIdOf(orderIdOf(checkoutIdOf(id)))).toBe(id);
  expect(saleNumberOf(orderIdOf(id))).toBe(46_655);
  expect(isIdOf('rsv', id)).toBe(true);
  for (const invention of ['rsv_', `rsv_${'0'.repeat(32)}`, checkoutIdOf(id), `${id}-`, id.toUpperCase()]) {
    expect(isIdOf('rsv', invention), invention).toBe(false);
  }
});

test('whoever repeats a payment arrives at the same attempt, anybody else at another', () => {
  const attempt = {
    checkoutId: checkoutIdOf(newReservationId(1)),
    buyerId: 'ann',
    idempotencyKey: 'first-try',
    fingerprint: 'f',
  };
  const id = paymentIdFor('secret', attempt);
  expect(paymentIdFor('secret', { ...attempt })).toBe(id);
  const others = [
    paymentIdFor('another secret', attempt),
    paymentIdFor('secret', { ...attempt, buyerId: 'bob' }),
    paymentIdFor('secret', { ...attempt, idempotencyKey: 'second-try' }),
    paymentIdFor('secret', { ...attempt, fingerprint: 'g' }),
    paymentIdFor('secret', { ...attempt, checkoutId: checkoutIdOf(newReservationId(1)) }),
  ];
  expect(new Set([id, ...others]).size).toBe(6);
});

test('order numbers are readable, and not in order', () => {
  const numbers = Array.from({ length: 100 }, () => orderNumberFor('secret', orderIdOf(newReservationId(1))));
  for (const number of numbers) expect(number).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}$/);
  expect([...numbers].sort()).not.toEqual(numbers);
});

test('an id of any kind says which', () => {
  expect(newId('req')).toMatch(/^req_[0-9a-f]{32}$/);
});
