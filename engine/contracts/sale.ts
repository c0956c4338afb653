import type { Money } from './money.ts';
import type { SaleState } from './states.ts';
import type { Method } from './wire/sales.ts';

/** What is fixed about a sale while its epoch lasts: written by the operator, read by every gateway. */
export interface SaleConfig {
  id: string;
  /** Small positive integer; the last digits of the ids of its reservations. */
  number: number;
  title: string;
  method: Method;
  perBuyerLimit: number;
  holdMs: number;
  /** How long a called turn may be used on time, and how long a hold given to a standby lasts untouched. */
  claimMs: number;
  perMinute: number;
  waitingOpensAtMs: number;
  opensAtMs: number;
  closesAtMs: number;
  seedCommitment: string;
  items: { sku: string; title: string; price: Money }[];
}

/** Where the units of one SKU are. `available + held + paying + sold = units`, at every moment. */
export interface StockCount {
  sku: string;
  units: number;
  available: number;
  held: number;
  paying: number;
  sold: number;
}

/** What moves: read by the tick, several times a second, in one Lua call. */
export interface SaleSnapshot {
  state: SaleState;
  epoch: number;
  /** By the sale's clock. */
  nowMs: number;
  entrants: number;
  /** Turns below this have been called. */
  serving: number;
  perMinute: number;
  standby: number;
  stock: StockCount[];
}

export interface LiveSale {
  config: SaleConfig;
  snapshot: SaleSnapshot;
}

/** Units that may still be sold: `units − sold`, over all SKUs. */
export const remainingUnits = (snapshot: SaleSnapshot): number =>
  snapshot.stock.reduce((left, count) => left + count.units - count.sold, 0);
