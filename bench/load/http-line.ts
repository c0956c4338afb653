import type { Reserved } from '../../engine/contracts/wire/reservations.ts';
import type { Ticket, TicketStatus } from '../../engine/contracts/wire/tickets.ts';
import type { Behaviour } from './behaviour.ts';
import type { HttpDoor, HttpReply } from './http-door.ts';
import {
  type JoinAnswer,
  type Line,
  type PayAnswer,
  type Payment,
  payAnswerOf,
  type Refused,
  type ReserveAnswer,
  refusedBy,
  Unexpected,
} from './line.ts';
import { pause } from './pause.ts';
import type { Tally } from './tally.ts';

export interface HttpLineSetting {
  door: HttpDoor;
  behaviour: Behaviour;
  saleId: string;
  sku: string;
  tally: Tally;
  mintToken(): string;
}

/** How soon, and then how often an order is asked for until it is decided. */
const orderFirstMs = 150;
const orderEveryMs = 500;
const orderAskedMax = 20;

/** A buyer's line over HTTP: what a socket is told, it asks for, as often as `Retry-After` says. */
export class HttpLine implements Line {
  readonly #setting: HttpLineSetting;
  #authorization = '';
  #ticket: Ticket | null = null;
  #nextAskMs = 1000;

  constructor(setting: HttpLineSetting) {
    this.#setting = setting;
  }

  async open(): Promise<void> {
    this.#authorization = `Bearer ${this.#setting.mintToken()}`;
  }

  async join(): Promise<JoinAnswer> {
    const before = this.#ticket;
    const reply = await this.#ask('POST', `${this.#sale}/tickets`, before ? { ticket: before.ticket } : {});
    if (reply.status !== 201 && reply.status !== 200) return refusedIn(reply);
    const ticket = reply.body as Ticket;
    if (before && before.index !== ticket.index) {
      throw new Unexpected(`joining again gave index ${ticket.index} instead of ${before.index}`);
    }
    this.#ticket = ticket;
    return { kind: 'ticket', ticket };
  }

  async waitForTurn(): Promise<'called' | 'over'> {
    const state = await this.#pollWhile((status) => status.state === 'waiting');
    return state === 'sold_out' ? 'over' : 'called';
  }

  async reserve(): Promise<ReserveAnswer> {
    const items = [{ sku: this.#setting.sku, quantity: 1 }];
    const ticket = this.#ticket?.ticket;
    const reply = await this.#ask('POST', `${this.#sale}/reservations`, { ticket, items });
    if (reply.status === 201 || reply.status === 200) {
      return { kind: 'reserved', reserved: reply.body as Reserved };
    }
    return reply.status === 202 ? { kind: 'standby' } : refusedIn(reply);
  }

  async waitForUnit(): Promise<'try_again' | 'over'> {
    const state = await this.#pollWhile((status) => status.state === 'standby');
    return state === 'sold_out' ? 'over' : 'try_again';
  }

  async pay({ checkoutId, idempotencyKey, ...card }: Payment): Promise<PayAnswer> {
    const headers: Record<string, string> = { 'Idempotency-Key': idempotencyKey };
    if (this.#setting.behaviour.prefersWaiting) headers.Prefer = 'wait=10';
    const path = `/api/v1/checkout/${checkoutId}/pay`;
    const reply = await this.#ask('POST', path, { paymentMethod: 'card', ...card }, headers);
    return payAnswerOf(reply.body, reply.retryAfter);
  }

  async waitForOutcome(orderId: string): Promise<PayAnswer | null> {
    for (let asked = 0; asked < orderAskedMax; asked++) {
      await pause(asked === 0 ? orderFirstMs : orderEveryMs);
      const reply = await this.#ask('GET', `/api/v1/orders/${orderId}`);
      const answer = payAnswerOf(reply.body, reply.retryAfter);
      if (answer.kind === 'pending') continue;
      if (answer.kind !== 'refused' || !answer.retryable) return answer;
      await pause(answer.retryAfterMs);
    }
    return null;
  }

  close(): void {}

  get #sale(): string {
    return `/api/v1/sales/${this.#setting.saleId}`;
  }

  /** Asks for one's ticket as long as that holds; every question waits as long as the last answer said. */
  async #pollWhile(holds: (status: TicketStatus) => boolean): Promise<TicketStatus['state']> {
    for (;;) {
      await pause(this.#nextAskMs);
      const reply = await this.#ask('GET', `${this.#sale}/tickets/me`);
      if (reply.status === 200) {
        this.#nextAskMs = Math.max(1, Number(reply.retryAfter) || 1) * 1000;
        const status = reply.body as TicketStatus;
        if (!holds(status)) return status.state;
        continue;
      }
      let refused = refusedIn(reply);
      this.#setting.tally.refusal(refused.code);
      if (refused.code === 'ticket_not_found') {
        // Redis has lost the place a moment after it was given: whoever shows the ticket has it again.
        const joined = await this.join();
        if (joined.kind === 'ticket') continue;
        refused = joined;
      }
      if (refused.code === 'sold_out' || refused.code === 'sale_closed') return 'sold_out';
      if (!refused.retryable) throw new Unexpected(`tickets/me was refused: ${refused.code}`);
      this.#nextAskMs = refused.retryAfterMs;
    }
  }

  #ask(
    method: 'GET' | 'POST',
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<HttpReply> {
    const { door, tally } = this.#setting;
    return door.ask(method, path, { ...headers, Authorization: this.#authorization }, body, () => {
      tally.incident('lostConnections');
    });
  }
}

function refusedIn(reply: HttpReply): Refused {
  if (typeof reply.body.code !== 'string') throw new Unexpected(`a reply ${reply.status} without a code`);
  return refusedBy(reply.body, reply.retryAfter);
}
