import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { testTokenSecret } from '../fixtures/test-sale.ts';
import { signedTickets, ticketWriter } from './ticket.ts';

test('a ticket that is written again is the one that its owner got', () => {
  const tickets = signedTickets(testTokenSecret);
  const write = ticketWriter(testTokenSecret);
  for (const index of [0, 7, 300, 2 ** 31, 4_294_967_295]) {
    for (const saleId of ['ps5-friday', 'a', '-'.repeat(64)]) {
      const place = randomBytes(12);
      const ticket = tickets.sign({ place: place.toString('hex'), sale: saleId, index });
      expect(write(saleId, { index, place })).toBe(ticket);
      expect(tickets.verify(ticket)).toMatchObject({ index, sale: saleId, place: place.toString('hex') });
    }
  }
});
