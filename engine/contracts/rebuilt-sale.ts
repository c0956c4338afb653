import type { Item } from './events.ts';
import type { PaymentId, QuoteId, ReservationId } from './ids.ts';
import type { Draw, SaleConfig, StockCount } from './sale.ts';
import type { ReservationState, SaleState } from './states.ts';

/** A reservation as the durable half knows it. */
export interface RestoredReservation {
  id: ReservationId;
  state: ReservationState;
  buyerId: string;
  /** Null in a sale without a waiting room, and where the turn was lost. */
  turn: number | null;
  items: Item[];
  /** By the sale's clock. */
  deadlineMs: number;
  /** The payment that it is being paid by, or was. */
  attemptId: PaymentId | null;
  /** Handed to a standby who has not shown up. */
  isUntouched: boolean;
  /** Its one extension was used. */
  isExtended: boolean;
  /** What came back of it after it was sold. */
  returns: [returnId: string, items: string][];
  /** Every payment that was ever tried. */
  attempts: PaymentId[];
  /** Units of its buyer over held, paying and sold, where it is their latest; else null. */
  buyerUnits: number | null;
  /** The price that was said last; null where it is the sale's. */
  quoteId: QuoteId | null;
}

/** Places of a waiting room as the journal has them. */
export interface JournaledPlaces {
  /** 12 bytes each. */
  places: Buffer;
  /** Index of the first, the others follow it; null where they were given up. */
  firstIndex: number | null;
}

/** All that it takes to begin another epoch of a sale from nothing. */
export interface RebuiltSale {
  config: SaleConfig;
  /** Of the rows that this is read from: what an older one says is refused. */
  revision: number;
  epoch: number;
  state: SaleState;
  openedAtMs: number | null;
  draw: Draw | null;
  reservations: RestoredReservation[];
  stock: StockCount[];
  /** Held by the rows, but their units went to others before the loss: they expire at once. */
  unitless: ReservationId[];
  /** Turns that were called, and that have had their window, when it was last known. */
  serving: number;
  missedBelow: number;
  progressAtMs: number;
  /** Indices `[from, to)` that lost epochs may have issued without anybody knowing. */
  vacant: { from: number; to: number }[];
  /** Indices of the new epoch, `[from, to)`. */
  indices: { from: number; to: number };
  /** Stream id of the first event: behind all that were relayed. */
  position: string;
  /** By the sale's clock it was this late already. */
  lastMs: number;
}
