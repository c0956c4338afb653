import type { Redis } from 'ioredis';
import type { SaleRegister } from '../contracts/ports.ts';
import { generalStockId, type LiveSale, type SaleSnapshot } from '../contracts/sale.ts';
import type { Soon } from '../contracts/soon.ts';
import { channels, salesKey } from '../redis/keys.ts';
import { RedisUnavailable } from '../redis/unavailable.ts';
import type { SaleDirectory, SlowSale } from '../surface.ts';
import { type Available, availableReader } from './available.ts';
import { readSale } from './read-sale.ts';
import { Seeker } from './seeker.ts';

/** Does what is due in a sale and reads where it stands. */
export type ReadSnapshot = (saleId: string) => Promise<SaleSnapshot | null>;

/** Before its doors a sale changes by its clock alone: it is looked at again this long before. */
const aheadMs = 2_000;
/**
 * Quiet sales are looked at every so many passes, once a second: a clock that nobody reads for five is taken for one that
 * was set (lua/includes/clock.lua), and stands still where this process alone reads it. A look costs Redis 0.12 ms (one
 * SKU), so 1,000 sales that are still to come take an eighth of it for each gateway.
 */
const quietPasses = 5;
/** Sales that have ended become ever more, and nothing waits for their clock: they are looked at every so many passes. */
const endedPasses = 25;

/**
 * The sales that this process knows. Configuration is read once and again when its channel says so; the
 * snapshot comes from the tick, so the sale page costs Redis nothing.
 */
export class Directory implements SaleDirectory {
  readonly #redis: Redis;
  readonly #readSnapshot: ReadSnapshot;
  readonly #sales = new Map<string, LiveSale>();
  readonly #idsByNumber = new Map<number, string>();
  readonly #seeker: Seeker;
  readonly #available: ReturnType<typeof availableReader>;
  readonly #changeListeners: ((sale: LiveSale, before: SaleSnapshot | null) => void)[] = [];
  readonly #noticeListeners: ((saleId: string, text: string) => void)[] = [];
  #passes = 0;

  constructor(redis: Redis, readSnapshot: ReadSnapshot, register: SaleRegister) {
    this.#redis = redis;
    this.#readSnapshot = readSnapshot;
    this.#available = availableReader(redis);
    this.#seeker = new Seeker(register, (saleId) => this.#load(saleId));
  }

  /** Throws `RedisUnavailable` where there is such a sale, and neither this process nor Redis knows it at the moment. */
  find(saleId: string): Soon<LiveSale | null> {
    const sale = this.#sales.get(saleId);
    if (!sale) return this.#seeker.seek(saleId);
    this.#seeker.remind(saleId);
    return sale;
  }

  async findByNumber(saleNumber: number): Promise<LiveSale | null> {
    const saleId = this.#idsByNumber.get(saleNumber) ?? (await this.#seeker.idOf(saleNumber));
    return saleId === null ? null : this.find(saleId);
  }

  availableNow(saleId: string, skus: readonly string[]): Promise<Available | null> {
    return this.#available(saleId, skus);
  }

  list(): LiveSale[] {
    return this.#all().filter(({ config }) => config.id !== generalStockId);
  }

  #all(): LiveSale[] {
    return [...this.#sales.values()];
  }

  onChange(listener: (sale: LiveSale, before: SaleSnapshot | null) => void): void {
    this.#changeListeners.push(listener);
  }

  onNotice(listener: (saleId: string, text: string) => void): void {
    this.#noticeListeners.push(listener);
  }

  /** A message of the channels `sales` and `notices`. */
  hear(channel: string, message: string): void {
    if (channel === channels.sales) {
      // Loading reports its own change; a Redis that went away meanwhile is met again by the next pass.
      this.#load(message).catch(() => {});
    } else if (channel === channels.notices) {
      const { saleId, text } = JSON.parse(message) as { saleId: string; text: string };
      for (const listener of this.#noticeListeners) listener(saleId, text);
    }
  }

  /** Reads every sale again: what was published while nobody listened is not told twice. */
  async reload(): Promise<void> {
    // What cannot be read now because Redis is away again is read after the next return.
    await Promise.allSettled(this.#all().map(({ config }) => this.#load(config.id)));
  }

  /** What is said of sales that sell slowly, for which Redis does not speak. */
  follow(slow: readonly SlowSale[]): void {
    for (const { saleId, epoch, state, nowMs, stock } of slow) {
      const sale = this.#sales.get(saleId);
      if (sale)
        this.#update(sale, { ...sale.snapshot, epoch, state, nowMs, stock, isSlow: true }, sale.snapshot);
    }
  }

  /** One pass over every sale in which something may be due. One that cannot be looked at keeps no other waiting. */
  async runOnce(): Promise<void> {
    const pass = this.#passes++;
    this.#seeker.forgetAbsent();
    const known = this.#all();
    const unknown =
      pass % quietPasses === 0
        ? (await this.#redis.smembers(salesKey)).filter((saleId) => !this.#sales.has(saleId))
        : [];
    const looks = await Promise.allSettled([
      ...unknown.map((saleId) => this.#load(saleId)),
      ...known.map((sale) => (pass % passesBetween(sale) === 0 ? this.#refresh(sale) : null)),
    ]);
    const reasons = looks.flatMap((look) => (look.status === 'rejected' ? [look.reason] : []));
    // An absence must not hide a bug.
    const worst = reasons.find((reason) => !(reason instanceof RedisUnavailable)) ?? reasons[0];
    if (worst) throw worst;
  }

  async #load(saleId: string): Promise<LiveSale | null> {
    // The tick first: what it brings about (an opening reveals the draw) is in what is read after it.
    const snapshot = await this.#readSnapshot(saleId);
    const fixed = snapshot && (await readSale(this.#redis, saleId));
    if (!fixed || !snapshot) return null;
    const known = this.#sales.get(saleId);
    const before = known ? known.snapshot : null;
    const sale = Object.assign(known ?? { snapshot }, fixed);
    this.#sales.set(saleId, sale);
    this.#idsByNumber.set(sale.config.number, saleId);
    this.#update(sale, snapshot, before);
    return sale;
  }

  async #refresh(sale: LiveSale): Promise<void> {
    const { id } = sale.config;
    let snapshot: SaleSnapshot | null = null;
    try {
      snapshot = await this.#readSnapshot(id);
    } finally {
      this.#seeker.note(id, snapshot !== null);
    }
    if (!snapshot || isOlder(snapshot, sale.snapshot)) return;
    if (snapshot.state !== sale.snapshot.state) await this.#load(id);
    else this.#update(sale, snapshot, sale.snapshot);
  }

  #update(sale: LiveSale, snapshot: SaleSnapshot, before: SaleSnapshot | null): void {
    if (before && isOlder(snapshot, before)) return;
    sale.snapshot = snapshot;
    if (sale.config.id === generalStockId) return;
    for (const listener of this.#changeListeners) listener(sale, before);
  }
}

/**
 * An epoch that is over says nothing any more, e.g. a Redis that was away while the sale sold slowly. Of one epoch
 * two ticks of this process may overtake each other; the sale's clock tells which is newer.
 */
const isOlder = (snapshot: SaleSnapshot, before: SaleSnapshot): boolean =>
  snapshot.epoch < before.epoch || (snapshot.epoch === before.epoch && snapshot.nowMs < before.nowMs);

/** A sale is looked at every so many passes. */
function passesBetween({ config, snapshot }: LiveSale): number {
  // Nobody waits for it, and its tick reads every SKU of the shop.
  if (config.id === generalStockId) return quietPasses;
  switch (snapshot.state) {
    case 'open':
    case 'paused':
      return 1;
    case 'scheduled':
      return snapshot.nowMs >= config.waitingOpensAtMs - aheadMs ? 1 : quietPasses;
    case 'waiting':
      // Entrants are shown while they gather, so a room that fills is looked at as often as an open one.
      return 1;
    case 'closed':
    case 'sold_out':
      return snapshot.stock.some((count) => count.held + count.paying > 0) ? 1 : endedPasses;
  }
}
