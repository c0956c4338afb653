import { tokenSigner } from '../../load/tokens.ts';
import { demand } from '../failure.ts';
import type { BenchSale } from '../sales.ts';
import type { Subject } from '../subject.ts';

/** A buyer's whole purchase has so long, the wait for a slow provider included. */
const orderWithinMs = 30_000;

interface Ticketed {
  buyerId: string;
  ticket: string;
}

/** Buyers who come as soon as they are called, and pay at once; over HTTP. */
export class Till {
  readonly #subject: Subject;
  readonly #sale: BenchSale;
  readonly #sign: ReturnType<typeof tokenSigner>;
  /** By turn: in `fifo` that is the order in which they joined. */
  readonly #tickets: Ticketed[] = [];
  /** Since when each order that is not confirmed yet is being paid. */
  readonly #unconfirmed = new Map<number, number>();
  readonly #visits: Promise<void>[] = [];
  #called = 0;
  /** From paying to the confirmation, ms, of every order so far. */
  readonly paymentsMs: number[] = [];

  constructor(subject: Subject, sale: BenchSale) {
    this.#subject = subject;
    this.#sale = sale;
    this.#sign = tokenSigner(subject.authSecret);
  }

  async join(count: number): Promise<void> {
    for (let n = 0; n < count; n++) {
      const buyerId = `paced-${n}`;
      const { status, body } = await this.#ask(buyerId, 'POST', `/api/v1/sales/${this.#sale.id}/tickets`, {});
      demand(status === 201 && body.index === n, `join ${n} was answered ${status} ${JSON.stringify(body)}`);
      this.#tickets.push({ buyerId, ticket: String(body.ticket) });
    }
  }

  /** Looks how many turns were called by now, and sends whoever was. */
  async look(): Promise<{ called: number; oldestMs: number }> {
    const { body } = await this.#ask('', 'GET', `/api/v1/sales/${this.#sale.id}`);
    const { serving } = body.waitingRoom as { serving: number };
    demand(serving < this.#tickets.length, 'everybody was called: the crowd is too small');
    for (; this.#called < serving; this.#called++) this.#visits.push(this.#buy(this.#called));
    return { called: serving, oldestMs: this.oldestMs() };
  }

  /** How long the oldest order that is not confirmed yet has been waiting for that. */
  oldestMs(): number {
    return performance.now() - Math.min(performance.now(), ...this.#unconfirmed.values());
  }

  /** Throws what any of the visits threw. */
  async everybodyIsServed(): Promise<void> {
    await Promise.all(this.#visits);
  }

  async #buy(turn: number): Promise<void> {
    const { buyerId, ticket } = this.#tickets[turn] as Ticketed;
    const items = [{ sku: this.#sale.sku, quantity: 1 }];
    const held = await this.#ask(buyerId, 'POST', this.#sale.path, { ticket, items });
    demand(held.status === 201, `reserve was answered ${held.status} ${JSON.stringify(held.body)}`);
    this.#unconfirmed.set(turn, performance.now());
    const checkoutId = String(held.body.checkoutId);
    const paid = await this.#ask(
      buyerId,
      'POST',
      `/api/v1/checkout/${checkoutId}/pay`,
      { paymentMethod: 'card', paymentToken: 'tok_visa' },
      { 'Idempotency-Key': `pay-${checkoutId}`, Prefer: 'wait=30' },
    );
    demand(paid.status === 201, `pay was answered ${paid.status} ${JSON.stringify(paid.body)}`);
    this.paymentsMs.push(performance.now() - (this.#unconfirmed.get(turn) as number));
    this.#unconfirmed.delete(turn);
  }

  async #ask(
    buyerId: string,
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: Record<string, unknown> }> {
    const response = await fetch(`${this.#subject.origin}${path}`, {
      method,
      headers: {
        ...(buyerId === '' ? {} : { Authorization: `Bearer ${this.#sign({ sub: buyerId })}` }),
        'Content-Type': 'application/json',
        ...headers,
      },
      signal: AbortSignal.timeout(orderWithinMs + 5_000),
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }
}
