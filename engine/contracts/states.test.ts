import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  canMove,
  orderStates,
  paymentStates,
  refundStates,
  reservationStates,
  restockStates,
  returnStates,
  saleStates,
} from './states.ts';

const page = readFileSync(new URL('../../docs/state-machines.md', import.meta.url), 'utf8');

test.each([
  ['Sale', saleStates],
  ['Reservation', reservationStates],
  ['Order', orderStates],
  ['Payment', paymentStates],
  ['Return', returnStates],
  ['Refund', refundStates],
  ['Restock', restockStates],
])('docs/state-machines.md shows the table of %s', (title, table) => {
  const section = page.split('\n## ').find((text) => text.startsWith(`${title}\n`)) ?? '';
  const shown = [...section.matchAll(/^\| `(\w+)` \|(.*)\|$/gm)].map(([, from, to]) => [
    from,
    { to: [...(to as string).matchAll(/`(\w+)`/g)].map(([, state]) => state) },
  ]);
  expect(Object.fromEntries(shown)).toEqual(table);
});

test('every state that is led to exists', () => {
  for (const table of [
    saleStates,
    reservationStates,
    orderStates,
    paymentStates,
    returnStates,
    refundStates,
    restockStates,
  ]) {
    const states = Object.keys(table);
    for (const { to } of Object.values(table)) expect(states).toEqual(expect.arrayContaining([...to]));
  }
});

test('a move is allowed by the table or not at all', () => {
  expect(canMove(orderStates, 'pending', 'confirmed')).toBe(true);
  expect(canMove(orderStates, 'confirmed', 'pending')).toBe(false);
});
