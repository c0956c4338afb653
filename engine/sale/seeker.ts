import type { SaleRegister } from '../contracts/ports.ts';
import type { LiveSale } from '../contracts/sale.ts';
import type { Soon } from '../contracts/soon.ts';
import { RedisUnavailable } from '../redis/unavailable.ts';

/** A sale that Redis lost is sought again so long after it was, while it is asked for. */
const againMs = 10_000;
/** Ids that no sale has and that are kept until the next pass; beyond that each is looked up. */
const absentMax = 1_000;

/**
 * What becomes of sales that Redis does not know at the moment, because it lost them or is only being told again: they
 * are looked up in Postgres, once for a crowd, and brought back by the workers (docs/adr/0029).
 */
export class Seeker {
  readonly #register: SaleRegister;
  readonly #load: (saleId: string) => Promise<LiveSale | null>;
  readonly #seeking = new Map<string, Promise<LiveSale | null>>();
  readonly #numbers = new Map<number, Promise<string | null>>();
  /** Ids that no sale had a moment ago. */
  readonly #absent = new Set<string>();
  /** Sales that are known here and that Redis lost; when each was sought last. */
  readonly #lost = new Map<string, number>();

  constructor(register: SaleRegister, load: (saleId: string) => Promise<LiveSale | null>) {
    this.#register = register;
    this.#load = load;
  }

  /** The sale as Redis has it, or null where there is none. Throws `RedisUnavailable` where Postgres alone knows it. */
  seek(saleId: string): Soon<LiveSale | null> {
    if (this.#absent.has(saleId)) return null;
    return shared(this.#seeking, saleId, () =>
      this.#load(saleId).then(
        (sale) => sale ?? this.#away(saleId, new RedisUnavailable(`Redis does not know the sale ${saleId}`)),
        (error: unknown) => this.#away(saleId, error),
      ),
    );
  }

  idOf(saleNumber: number): Promise<string | null> {
    return shared(this.#numbers, saleNumber, () => this.#register.idOf(saleNumber));
  }

  /** Whether Redis knew it when it was looked at last. */
  note(saleId: string, isThere: boolean): void {
    if (isThere) this.#lost.delete(saleId);
    else if (!this.#lost.has(saleId)) this.#lost.set(saleId, Number.NEGATIVE_INFINITY);
  }

  /** Somebody asks for a sale that is known here: where Redis lost it, it is sought, and nobody waits for that. */
  remind(saleId: string): void {
    if (this.#lost.size === 0) return;
    const soughtMs = this.#lost.get(saleId);
    const nowMs = performance.now();
    if (soughtMs === undefined || nowMs - soughtMs < againMs) return;
    this.#lost.set(saleId, nowMs);
    // Where Postgres is away, too, the next one asks again.
    this.#register.seek(saleId).catch(() => this.#lost.set(saleId, Number.NEGATIVE_INFINITY));
  }

  /** There may be a sale by now where there was none. */
  forgetAbsent(): void {
    this.#absent.clear();
  }

  /** Null where there is no such sale; else throws why it cannot be had. */
  async #away(saleId: string, reason: unknown): Promise<null> {
    if (await this.#register.seek(saleId)) throw reason;
    if (this.#absent.size < absentMax) this.#absent.add(saleId);
    return null;
  }
}

/** One answer for all who ask while it is on its way. */
function shared<K, V>(underWay: Map<K, Promise<V>>, key: K, ask: () => Promise<V>): Promise<V> {
  const present = underWay.get(key);
  if (present) return present;
  const answer = ask().finally(() => underWay.delete(key));
  underWay.set(key, answer);
  return answer;
}
