import { setTimeout as sleep } from 'node:timers/promises';
import { tokenSigner } from '../../load/tokens.ts';
import { demand } from '../failure.ts';
import type { Subject } from '../subject.ts';

/** As `GET …/draw` answers. */
export interface DrawAnswer {
  preEntrants: number | null;
  entrantsRoot: string | null;
  openedAt: string | null;
  [member: string]: unknown;
}

/** As `GET …/tickets/me` answers. */
export interface TicketAnswer {
  ticket: string;
  index: number;
  turn: number | null;
  proof?: string[];
}

const proofWithinMs = 30_000;

/** Buyers in the crowd whose names are known, so that their tickets can be asked for; over HTTP. */
export class Entrants {
  readonly #path: string;
  readonly #origin: string;
  readonly #sign: ReturnType<typeof tokenSigner>;
  count = 0;

  constructor({ origin, authSecret }: Subject, saleId: string) {
    this.#path = `/api/v1/sales/${saleId}`;
    this.#origin = origin;
    this.#sign = tokenSigner(authSecret);
  }

  /** So many more of them take a place, at once. */
  async join(count: number): Promise<void> {
    const first = this.count;
    this.count += count;
    await Promise.all(
      Array.from({ length: count }, async (_, i) => {
        const { status, body } = await this.#ask('POST', '/tickets', first + i);
        demand(status === 201, `a join was answered ${status} ${JSON.stringify(body)}`);
      }),
    );
  }

  async draw(): Promise<DrawAnswer> {
    const { status, body } = await this.#ask('GET', '/draw', 0);
    demand(status === 200, `the draw was answered ${status}`);
    return body as unknown as DrawAnswer;
  }

  /** Everybody's ticket, those that took part with their proof. */
  async tickets(): Promise<TicketAnswer[]> {
    const { preEntrants } = await this.draw();
    const tickets: TicketAnswer[] = [];
    for (let number = 0; number < this.count; number++) {
      tickets.push(await this.#ticket(number, Number(preEntrants)));
    }
    return tickets;
  }

  /** The first answer starts the fetching of a proof that is not at hand. */
  async #ticket(number: number, preEntrants: number): Promise<TicketAnswer> {
    const untilMs = performance.now() + proofWithinMs;
    for (;;) {
      const { status, body } = await this.#ask('GET', '/tickets/me', number);
      demand(status === 200, `a ticket was answered ${status}`);
      const ticket = body as unknown as TicketAnswer;
      const isWhole = ticket.turn !== null && (ticket.index >= preEntrants || ticket.proof !== undefined);
      if (isWhole) return ticket;
      demand(performance.now() < untilMs, `entrant ${ticket.index} was never given a proof`);
      await sleep(50);
    }
  }

  async #ask(method: string, path: string, number: number) {
    const response = await fetch(`${this.#origin}${this.#path}${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${this.#sign({ sub: `entrant-${number}` })}`,
        'Content-Type': 'application/json',
      },
      ...(method === 'POST' ? { body: '{}' } : {}),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }
}
