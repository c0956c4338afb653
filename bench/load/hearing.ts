import type { Ticket } from '../../engine/contracts/wire/tickets.ts';
import type { Frame } from './frames.ts';
import { type PayAnswer, payAnswerOf } from './line.ts';

/** What a buyer on a socket has been told so far, by broadcasts, pushes and answers. */
export class Hearing {
  ticket: Ticket | null = null;
  isCalled = false;
  /** Nothing is left: sold out, or closed. */
  isOver = false;
  /** A unit came while standing by. */
  isUnitOffered = false;
  /** Of the payment under way; null until it is decided. */
  outcome: PayAnswer | null = null;
  #serving = 0;
  #isDrawn = false;

  hear(frame: Frame): void {
    switch (frame.ev) {
      case 'serving':
        this.#served(frame.serving as number);
        break;
      case 'sale':
        this.#watched(frame.waitingRoom as { method?: string; serving: number });
        if (isFinal(frame.state)) this.isOver = true;
        break;
      case 'state':
        if (isFinal(frame.state)) this.isOver = true;
        break;
      case 'your_turn':
        this.isCalled = true;
        break;
      case 'ticket':
        this.#ticketed(frame as unknown as Ticket);
        break;
      case 'reserved':
        if (frame.ref === undefined) this.isUnitOffered = true;
        break;
      case 'order':
        if (frame.ref === undefined) this.#decided(payAnswerOf(frame));
    }
  }

  #ticketed(ticket: Ticket): void {
    this.ticket = ticket;
    if (ticket.state === 'sold_out') this.isOver = true;
    else if (ticket.state !== 'waiting') this.isCalled = true;
    // Broadcasts may have been faster than the ticket.
    this.#served(this.#serving);
  }

  #watched({ method, serving }: { method?: string; serving: number }): void {
    this.#isDrawn = method === 'queue' || method === 'lottery';
    this.#served(serving);
  }

  /** In a fifo sale the turn is the index, also before the sale opens; where it is drawn, `your_turn` tells. */
  #served(serving: number): void {
    this.#serving = Math.max(this.#serving, serving);
    if (!this.ticket) return;
    const turn = this.ticket.turn ?? (this.#isDrawn ? null : this.ticket.index);
    if (turn !== null && turn < this.#serving) this.isCalled = true;
  }

  #decided(answer: PayAnswer): void {
    if (answer.kind !== 'pending') this.outcome = answer;
  }
}

/** Of a sale's state, or of a code that refuses: there is nothing more to wait for. */
export const isFinal = (stateOrCode: unknown): boolean =>
  stateOrCode === 'sold_out' || stateOrCode === 'closed' || stateOrCode === 'sale_closed';
