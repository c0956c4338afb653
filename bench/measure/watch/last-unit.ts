import { setTimeout as sleep } from 'node:timers/promises';
import { tokenSigner } from '../../load/tokens.ts';
import type { Door } from '../doors.ts';
import { BrokenInvariant, demand } from '../failure.ts';
import type { BenchSale } from '../sales.ts';
import type { Subject } from '../subject.ts';

/** One buyer over HTTP, from the ticket to the confirmed order. */
export class LastBuyer {
  readonly #authorization: string;
  readonly #origin: string;
  readonly #sale: BenchSale;
  #ticket = '';

  constructor(subject: Subject, door: Door, sale: BenchSale) {
    this.#authorization = `Bearer ${tokenSigner(subject.authSecret)({ sub: 'last-buyer' })}`;
    this.#origin = door.origin;
    this.#sale = sale;
  }

  async join(): Promise<void> {
    const { status, body } = await this.#ask('POST', `/api/v1/sales/${this.#sale.id}/tickets`, {});
    demand(status === 201, `join was answered ${status}`);
    this.#ticket = String(body.ticket);
  }

  /** Reserves as soon as the turn is called; resolves with the checkout. */
  async reserve(): Promise<string> {
    const items = [{ sku: this.#sale.sku, quantity: 1 }];
    for (let attempt = 0; attempt < 60; attempt++) {
      const { status, body } = await this.#ask('POST', this.#sale.path, { ticket: this.#ticket, items });
      if (status === 201) return String(body.checkoutId);
      demand(status === 409 || status === 429, `reserve was answered ${status} ${JSON.stringify(body)}`);
      await sleep(500);
    }
    throw new BrokenInvariant('the turn of the last buyer was never called');
  }

  /** Pays, and resolves with the time at which the order became confirmed, ms since 1970, as it is on record. */
  async pay(checkoutId: string): Promise<number> {
    const { status, body } = await this.#ask(
      'POST',
      `/api/v1/checkout/${checkoutId}/pay`,
      { paymentMethod: 'card', paymentToken: 'tok_visa' },
      { 'Idempotency-Key': `pay-${checkoutId}`, Prefer: 'wait=30' },
    );
    demand(status === 201, `pay was answered ${status} ${JSON.stringify(body)}`);
    const order = await this.#ask('GET', `/api/v1/orders/${String(body.orderId)}`);
    const history = order.body.history as { at: string; to: string }[];
    const confirmed = history.find(({ to }) => to === 'confirmed');
    demand(confirmed !== undefined, 'the order has no confirmation on record');
    return Date.parse((confirmed as { at: string }).at);
  }

  async #ask(
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: Record<string, unknown> }> {
    const response = await fetch(`${this.#origin}${path}`, {
      method,
      headers: { Authorization: this.#authorization, 'Content-Type': 'application/json', ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }
}
