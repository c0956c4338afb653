import { setTimeout as sleep } from 'node:timers/promises';
import type { Audit, CreateSale, Sale } from '../../engine/contracts/wire/sales.ts';
import { Operator } from '../demo/operator.ts';
import { longestRunMs, tokenSigner } from '../load/tokens.ts';
import { BrokenInvariant, demand } from './failure.ts';
import { HttpWire, postText } from './load/http-wire.ts';
import type { Subject } from './subject.ts';

let sales = 0;

/** On systems that go on after the run, and not closed yet. */
const leftOpen = new Set<BenchSale>();

/** More than any round can sell. */
export const plentyOfUnits = 5_000_000;

/** A draw's opening waits for the root of a million entrants. */
const commandWithinMs = 600_000;
const closeWithinMs = 15_000;

/** A sale of a scenario and what is asked of it, over the operator's API and the public one. */
export class BenchSale {
  readonly id: string;
  readonly sku: string;
  readonly path: string;
  readonly body: string;
  readonly #subject: Subject;
  readonly #operator: Operator;

  private constructor(subject: Subject, id: string) {
    this.id = id;
    this.sku = id;
    this.path = `/api/v1/sales/${id}/reservations`;
    this.body = JSON.stringify({ items: [{ sku: this.sku, quantity: 1 }] });
    this.#subject = subject;
    this.#operator = new Operator({ ...subject, providerOrigin: '' });
  }

  /** Open at once, holds outlast the run. Method `none`, unless `fields` say otherwise. */
  static async create(
    subject: Subject,
    fields: Partial<CreateSale> = {},
    units = plentyOfUnits,
  ): Promise<BenchSale> {
    const sale = new BenchSale(subject, `bench-${Date.now().toString(36)}-${++sales}`);
    const nowMs = Date.now();
    // Before it is asked for: an answer that is lost leaves a sale, too.
    if (!subject.isOurs) leftOpen.add(sale);
    await sale.#operator.createSale({
      id: sale.id,
      title: 'A benchmark',
      items: [{ sku: sale.sku, title: 'Unit', price: { amount: 49_900, currency: 'USD' }, units }],
      opensAt: new Date(nowMs - 1000).toISOString(),
      closesAt: new Date(nowMs + longestRunMs).toISOString(),
      method: 'none',
      perBuyerLimit: 1,
      holdSeconds: longestRunMs / 1000,
      claimSeconds: 3600,
      perMinute: 60,
      ...fields,
    });
    return sale;
  }

  audit(): Promise<Audit> {
    return this.#operator.audit(this.id);
  }

  /** As anybody sees it at that door. */
  async view(origin: string): Promise<Sale> {
    const response = await fetch(`${origin}/api/v1/sales/${this.id}`);
    demand(response.ok, `the sale was answered ${response.status}`);
    return (await response.json()) as Sale;
  }

  /** Waits until that door has heard of it. */
  async known(origin: string): Promise<void> {
    for (let attempt = 0; attempt < 50; attempt++) {
      if ((await fetch(`${origin}/api/v1/sales/${this.id}`)).ok) return;
      await sleep(100);
    }
    throw new BrokenInvariant(`${origin} has not heard of ${this.id}`);
  }

  /** `POST /api/v1/admin/sales/{id}/<command>`. */
  async command(command: 'open' | 'beacon' | 'close' | 'messages', body: object = {}): Promise<void> {
    const response = await this.#post(command, body, commandWithinMs);
    demand(response.ok, `${command} was answered ${response.status}: ${await response.text()}`);
    if (command === 'close') leftOpen.delete(this);
  }

  /** True where nobody can buy in it from now on: it is closed, sold out, or not there. */
  async closes(): Promise<boolean> {
    try {
      if ((await this.#post('close', {}, closeWithinMs)).ok) return true;
      const response = await fetch(`${this.#subject.origin}/api/v1/sales/${this.id}`, {
        signal: AbortSignal.timeout(closeWithinMs),
      });
      return response.status === 404 || ((await response.json()) as Sale).state === 'sold_out';
    } catch {
      return false;
    }
  }

  #post(command: string, body: object, withinMs: number): Promise<Response> {
    return fetch(`${this.#subject.operatorOrigin}/api/v1/admin/sales/${this.id}/${command}`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${tokenSigner(this.#subject.authSecret)({ sub: 'bench-operator', role: 'admin' })}`,
        'Content-Type': 'application/json',
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(withinMs),
    });
  }

  /**
   * One reservation by a buyer of its own: the answer that all others are expected to have, and how long it is, head
   * and body. Retries until the door knows the sale.
   */
  async probe(origin: string, buyerId: string): Promise<{ bytes: number }> {
    const token = tokenSigner(this.#subject.authSecret)({ sub: buyerId });
    let last = '';
    for (let attempt = 0; attempt < 50; attempt++) {
      // Over the wire, as generators ask: the head is a good part of an answer, and fetch asks for another one.
      const wire = await HttpWire.open(origin);
      const { status, text } = await wire.exchange(postText(this.path, this.body), token);
      wire.close();
      if (status === 201) {
        const reserved = JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4)) as {
          purchaseToken?: string;
          reservation?: { state?: string };
        };
        const isWhole =
          reserved.reservation?.state === 'held' && reserved.purchaseToken?.split('.').length === 3;
        demand(isWhole, `the reply to reserve is not a reservation with a token: ${text}`);
        return { bytes: text.length };
      }
      last = text;
      await sleep(100);
    }
    throw new BrokenInvariant(`reserve was answered ${last}`);
  }
}

/**
 * Closes whatever a run has left open on a system that goes on: nothing that was made up stays for sale there.
 * Resolves with the ids of those that could not be closed.
 */
export async function closeSales(): Promise<string[]> {
  const open: string[] = [];
  for (const sale of leftOpen) if (!(await sale.closes())) open.push(sale.id);
  leftOpen.clear();
  return open;
}

const drainWithinMs = 600_000;

/** Waits until everything is relayed, and checks that all units are where they should be. */
export async function auditDrained(sale: BenchSale, held: { min: number; max: number }): Promise<void> {
  const untilMs = performance.now() + drainWithinMs;
  let audit = await sale.audit();
  while (audit.relay.lagEntries > 0 && performance.now() < untilMs) {
    await sleep(200);
    audit = await sale.audit();
  }
  demand(audit.relay.lagEntries === 0, `${sale.id}: ${audit.relay.lagEntries} entries were never relayed`);
  demand(audit.oversold === 0 && audit.undersold === 0, `${sale.id}: over- or undersold`);
  demand(
    audit.discrepancies.length === 0,
    `${sale.id}: ${JSON.stringify(audit.discrepancies).slice(0, 500)}`,
  );
  for (const item of audit.items) {
    const sum = item.available + item.held + item.paying + item.sold;
    demand(sum === item.units, `${sale.id}: ${sum} units of ${item.units}`);
    demand(
      item.held >= held.min && item.held <= held.max,
      `${sale.id}: ${item.held} units are held, but the answers say ${held.min} to ${held.max}`,
    );
  }
}
