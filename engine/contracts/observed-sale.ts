import type { Item } from './events.ts';
import type { PaymentId, ReservationId } from './ids.ts';
import type { StockCount } from './sale.ts';
import type { ReservationState, SaleState } from './states.ts';

/** A reservation as it lies in Redis, with everything else that Redis keeps about it. */
export interface ObservedReservation {
  id: ReservationId;
  state: ReservationState;
  buyerId: string;
  turn: number | null;
  items: Item[];
  deadlineMs: number;
  attemptId: PaymentId | null;
  /** When it lapses by the index of deadlines, and when its lease ends by that of pins; null where it is in none. */
  deadlineScoreMs: number | null;
  pinScoreMs: number | null;
  /** Whether its turn is marked as used; null where it used none. */
  isTurnUsed: boolean | null;
  /** What came back of it after it was sold, by the id of the return. */
  returns: Map<string, Item[]>;
}

/** All that Redis holds of a sale's units. It was read bit by bit while the sale went on. */
export interface ObservedSale {
  epoch: number;
  state: SaleState;
  /** What the sale's clock said last. */
  clockMs: number;
  /** Stream ids: nothing that happened up to the first is missing, and nothing after the second is in it. */
  from: string;
  through: string;
  /** Exactly as it was at `through`. A count that is no number is NaN. */
  stock: StockCount[];
  reservations: Map<ReservationId, ObservedReservation>;
  /** Their records lie there and cannot be read. */
  unreadable: ReservationId[];
  buyers: Map<string, { units: number; reservationId: ReservationId | null }>;
  /** What the indices of deadlines and of pins name, and no record is of. */
  strays: { index: 'deadlines' | 'pins'; member: string }[];
}
