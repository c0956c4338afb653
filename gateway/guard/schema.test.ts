import Type from 'typebox';
import { expect, test } from 'vitest';
import { Pay } from '../../engine/contracts/wire/checkout.ts';
import { Reserve } from '../../engine/contracts/wire/reservations.ts';
import { CreateSale } from '../../engine/contracts/wire/sales.ts';
import { schemaCheck } from './schema.ts';

const reserve = schemaCheck(Reserve);
const item = (quantity: unknown) => ({ items: [{ sku: 'ps5', quantity }] });

test('a value that fits is not refused', () => {
  expect(reserve(item(1))).toBeNull();
});

test.each([
  ['a missing field', {}, 'items', 'items is required.'],
  ['an unknown field', { ...item(1), colour: 'red' }, 'colour', 'colour is not a field of this request.'],
  [
    'an unknown field inside',
    { items: [{ sku: 'ps5', quantity: 1, size: 9 }] },
    'items.0.size',
    'items.0.size is not a field of this request.',
  ],
  [
    'a missing field inside',
    { items: [{ sku: 'ps5' }] },
    'items.0.quantity',
    'items.0.quantity is required.',
  ],
  ['quantity 0', item(0), 'items.0.quantity', 'items.0.quantity must be at least 1.'],
  ['a negative quantity', item(-3), 'items.0.quantity', 'items.0.quantity must be at least 1.'],
  ['quantity 10^18', item(1e18), 'items.0.quantity', 'items.0.quantity must be at most 1000000.'],
  ['quantity 1.5', item(1.5), 'items.0.quantity', 'items.0.quantity must be a whole number, not 1.5.'],
  [
    'a string for a number',
    item('1'),
    'items.0.quantity',
    'items.0.quantity must be a whole number, not a string.',
  ],
  ['no items', { items: [] }, 'items', 'items must have at least 1 entry.'],
  ['an array', [], undefined, 'The request must be an object, not an array.'],
  ['null', null, undefined, 'The request must be an object, not null.'],
])('%s is named', (_, value, field, detail) => {
  expect(reserve(value)).toEqual({
    kind: 'refused',
    code: 'invalid_request',
    detail,
    ...(field === undefined ? {} : { field }),
  });
});

test('a prototype in JSON is an unknown field like any other', () => {
  expect(
    reserve(JSON.parse('{"items":[{"sku":"ps5","quantity":1}],"__proto__":{"admin":true}}')),
  ).toMatchObject({
    field: '__proto__',
  });
});

test('an enum names what it takes', () => {
  const refusal = schemaCheck(CreateSale)({ method: 'raffle' });
  expect(refusal?.code).toBe('invalid_request');
  expect(
    schemaCheck(Type.Object({ method: CreateSale.properties.method }))({ method: 'raffle' })?.detail,
  ).toBe('method must be one of none, fifo, queue, lottery.');
});

test('a secret is not repeated', () => {
  const refusal = schemaCheck(Pay)({ paymentMethod: 'card', paymentToken: '4111111111111111' });
  expect(refusal?.field).toBe('paymentToken');
  expect(JSON.stringify(refusal)).not.toContain('4111');
});
