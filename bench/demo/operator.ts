import type { Audit, CreateSale, Sale } from '../../engine/contracts/wire/sales.ts';
import { tokenSigner } from '../load/tokens.ts';
import type { Tally as ProviderTally } from '../psp/tally.ts';
import { DemoFailure } from './failure.ts';
import type { System } from './system.ts';

const replyWithinMs = 15_000;

/** What an operator does, over the operator's API; and what anybody may read about the sale. */
export class Operator {
  readonly #system: Pick<System, 'origin' | 'operatorOrigin' | 'providerOrigin'>;
  readonly #authorization: string;

  constructor(system: Pick<System, 'origin' | 'operatorOrigin' | 'providerOrigin' | 'authSecret'>) {
    this.#system = system;
    this.#authorization = `Bearer ${tokenSigner(system.authSecret)({ sub: 'demo-operator', role: 'admin' })}`;
  }

  createSale(sale: CreateSale): Promise<unknown> {
    return this.#ask('POST', '/api/v1/admin/sales', sale);
  }

  open(saleId: string): Promise<unknown> {
    return this.#ask('POST', `/api/v1/admin/sales/${saleId}/open`, {});
  }

  audit(saleId: string): Promise<Audit> {
    return this.#ask('GET', `/api/v1/admin/sales/${saleId}/audit`) as Promise<Audit>;
  }

  /** Null while the public plane does not answer: the view then stays as it was. */
  async sale(saleId: string): Promise<Sale | null> {
    try {
      const url = `${this.#system.origin}/api/v1/sales/${saleId}`;
      const response = await fetch(url, { signal: AbortSignal.timeout(3000) });
      return response.ok ? ((await response.json()) as Sale) : null;
    } catch {
      return null;
    }
  }

  /** What the payment provider believes. */
  async charges(): Promise<ProviderTally> {
    const response = await fetch(`${this.#system.providerOrigin}/control/charges`);
    return (await response.json()) as ProviderTally;
  }

  async #ask(method: string, path: string, body?: unknown): Promise<unknown> {
    let response: Response;
    try {
      response = await fetch(`${this.#system.operatorOrigin}${path}`, {
        method,
        headers: { Authorization: this.#authorization, 'Content-Type': 'application/json' },
        signal: AbortSignal.timeout(replyWithinMs),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (error) {
      const reason = ((error as Error).cause as Error | undefined)?.message ?? (error as Error).message;
      throw new DemoFailure(`the operator's API did not answer ${method} ${path}: ${reason}`);
    }
    const text = await response.text();
    if (!response.ok)
      throw new DemoFailure(`${method} ${path} was answered ${response.status}: ${text.slice(0, 500)}`);
    return JSON.parse(text || '{}');
  }
}
