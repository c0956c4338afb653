import { type Check, failed, judged, notChecked } from './check.ts';
import type { TicketDocument } from './documents.ts';
import type { Drawn } from './drawn.ts';
import { leafOf, rootFrom } from './entrants-root.ts';
import { orderOf } from './feistel-1.ts';

/** The checks that a ticket makes possible, for one ticket after another of the same draw. */
export function ticketChecker(draw: Drawn): (ticket: TicketDocument) => Check[] {
  const { saleId, preEntrants, entrantsRoot } = draw;
  const expectedTurn = orderOf(Buffer.from(draw.drawSeed, 'hex'), preEntrants);

  function turnCheck({ index, turn }: TicketDocument): Check {
    const expected = expectedTurn(index);
    const drawn = `index ${index} of ${preEntrants} entrants has turn ${expected}`;
    return judged('turn', turn === expected, drawn, `${drawn}, but the ticket was told ${turn}`);
  }

  function entrantCheck({ ticket, index, proof }: TicketDocument): Check {
    const name = 'entrant';
    if (index >= preEntrants) {
      return notChecked(name, `index ${index} came after the freeze, so it is not part of the draw`);
    }
    if (!proof) return failed(name, `index ${index} was in the draw, but its proof is missing`);
    const root = rootFrom(preEntrants, index, leafOf(index, ticket), proof);
    if (root === null) {
      return failed(name, `a proof of ${proof.length} hashes does not fit index ${index} of ${preEntrants}`);
    }
    return judged(
      name,
      root === entrantsRoot,
      `the ticket stands at index ${index} under entrantsRoot, ${entrantsRoot}`,
      `the proof leads from the ticket at index ${index} to ${root}, but entrantsRoot is ${entrantsRoot}`,
    );
  }

  return (ticket) =>
    ticket.saleId !== undefined && ticket.saleId !== saleId
      ? [failed('ticket', `it is of the sale ${ticket.saleId}, but the draw is of ${saleId}`)]
      : [turnCheck(ticket), entrantCheck(ticket)];
}

/** One check for many tickets: how many are as drawn, and the first thing that is wrong. */
export async function manyTicketsCheck(draw: Drawn, tickets: AsyncIterable<TicketDocument>): Promise<Check> {
  const checksOf = ticketChecker(draw);
  const turns = new Set<number | null>();
  let count = 0;
  let right = 0;
  let firstWrong = '';
  for await (const ticket of tickets) {
    count += 1;
    const wrong = checksOf(ticket).find(({ outcome }) => outcome === 'failed');
    const isSecond = turns.has(ticket.turn);
    turns.add(ticket.turn);
    if (!wrong && !isSecond) right += 1;
    else firstWrong ||= wrong ? wrong.detail : `turn ${ticket.turn} is given to two tickets`;
  }
  const reproduced = `${right} of ${count} tickets have the turn that was drawn, and stand under entrantsRoot`;
  return judged(
    'tickets',
    count > 0 && right === count,
    reproduced,
    `${reproduced}; ${firstWrong || 'none given'}`,
  );
}
