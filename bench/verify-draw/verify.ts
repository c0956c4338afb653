import { type Check, failed, notChecked } from './check.ts';
import type { DrawDocument, TicketDocument } from './documents.ts';
import { asDrawn } from './drawn.ts';
import { keptCopyCheck, publicChecks } from './public-checks.ts';
import { manyTicketsCheck, ticketChecker } from './ticket-checks.ts';

/** What there is to judge by. */
export interface Evidence {
  draw: DrawDocument;
  /** A copy of the draw that was kept from before the opening. */
  earlier: DrawDocument | null;
  ticket: TicketDocument | null;
  /** Many tickets of the same sale, e.g. those of everybody who wants to compare. */
  tickets: AsyncIterable<TicketDocument> | null;
}

/** Every check of docs/draw.md that the evidence allows, in the order of the page. */
export async function verify({ draw, earlier, ticket, tickets }: Evidence): Promise<Check[]> {
  const drawn = asDrawn(draw);
  if (typeof drawn === 'string') return [failed('draw', drawn), keptCopyCheck(draw, earlier)];
  return [
    ...publicChecks(drawn),
    keptCopyCheck(draw, earlier),
    ...(ticket ? ticketChecker(drawn)(ticket) : []),
    ...(tickets ? [await manyTicketsCheck(drawn, tickets)] : []),
    ...(ticket || tickets ? [] : [notChecked('ticket', 'none given: only what is public was checked')]),
  ];
}
