import type { Money } from './money.ts';
import type { SaleState } from './states.ts';
import type { Method, TokenKind } from './wire/sales.ts';

/**
 * General stock is run like a sale that never ends: the same reservations, guard, ledger and rebuild. No operator
 * can give a sale this name and no address takes it, so nothing sells from it by accident. Spelled once more in
 * lua/includes/lifecycle.lua, in wire/common.ts, and in the migration that allows it.
 */
export const generalStockId = '_general';

/** How a reply names the sale of something: what comes from general stock is of none. */
export const namedSale = (saleId: string): { saleId?: string } =>
  saleId === generalStockId ? {} : { saleId };

/** What is fixed about a sale while its epoch lasts: written by the operator, read by every gateway. */
export interface SaleConfig {
  id: string;
  /** Small positive integer; the last digits of the ids of its reservations. */
  number: number;
  title: string;
  method: Method;
  perBuyerLimit: number;
  holdMs: number;
  /** How much longer a hold lasts once it was extended; 0 where the sale allows no extension. */
  extendMs: number;
  /** How long a called turn may be used on time, and how long a hold given to a standby lasts untouched. */
  claimMs: number;
  perMinute: number;
  /** No more turns are called while this many buyers hold, pay or may still come; null: no such cap. */
  checkoutsAtOnceMax: number | null;
  waitingOpensAtMs: number;
  opensAtMs: number;
  closesAtMs: number;
  seedCommitment: string;
  /** How its purchase tokens are signed; fixed for good. */
  tokens: TokenKind;
  /** Proof of work asked for before joining, in leading zero bits; null: none. */
  challengeDifficulty: number | null;
  /** Only who is listed may join. */
  isByInvitation: boolean;
  /** The public beacon that the draw waits for, where one was named. */
  beacon: { source: string; round: number; at: string } | null;
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

/** Indices `[from, to)`, of which nobody has so many. */
export interface VacantRun {
  from: number;
  to: number;
  vacant: number;
}

/** What moves: read by the tick, several times a second, in one Lua call. */
export interface SaleSnapshot {
  state: SaleState;
  epoch: number;
  /** By the sale's clock. */
  nowMs: number;
  /** People who have ever taken a place. */
  entrants: number;
  /** Turns below this have been called. */
  serving: number;
  perMinute: number;
  standby: number;
  /** Turns below this have had their claim window. */
  missedBelow: number;
  /** Indices that were skipped when Redis was lost. */
  vacantRuns: VacantRun[];
  /** It sells through Postgres, because Redis is away. */
  isSlow?: true;
  stock: StockCount[];
}

/** What is fixed about a drawn sale, and since when. What is not revealed yet is null. */
export interface Draw {
  /** How many took part; they are the indices below it. */
  preEntrants: number;
  frozenAtMs: number;
  entrantsRoot: string | null;
  /** 32 bytes in hex, and what they became together with the beacon; null until the sale has opened. */
  seed: string | null;
  drawSeed: string | null;
  beaconValue: string | null;
}

export interface LiveSale {
  config: SaleConfig;
  snapshot: SaleSnapshot;
  /** Null before the entrants are fixed, and in a sale that draws nothing. */
  draw: Draw | null;
  /** When it opened, by its clock; null before. */
  openedAtMs: number | null;
}

/** Units that may still be sold: `units − sold`, over all SKUs. */
export const remainingUnits = (snapshot: SaleSnapshot): number =>
  snapshot.stock.reduce((left, count) => left + count.units - count.sold, 0);
