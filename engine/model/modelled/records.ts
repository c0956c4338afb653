import type { ReservationState } from '../../contracts/states.ts';

export interface ModelledReservation {
  state: ReservationState;
  buyerId: string;
  turn: number;
  items: string;
  deadlineMs: number;
  attemptId: string;
  untouched: boolean;
  /** The request that used the one extension, or null. */
  extendedBy: string | null;
  /** What came back of what was sold, by return. */
  returns: [returnId: string, items: string][];
  /** '' where it is the sale's price. */
  quoteId: string;
}

/** Somebody who stands by; `score` is the place in the order of (missed, turn). */
export interface Standing {
  buyerId: string;
  reservationId: string;
  turn: number;
  items: string;
  missed: boolean;
  /** By the claim clock. */
  aliveAtMs: number;
  score: number;
}

export interface Counts {
  units: number;
  available: number;
  held: number;
  paying: number;
  sold: number;
}
export type Place = Exclude<keyof Counts, 'units'>;

export interface Event {
  type: string;
  atMs: number;
  epoch: number;
  /** What `sale.units_adjusted` tells. */
  adjusted?: string;
  /** What `places.given_up` tells. */
  places?: string;
  reservation?: {
    id: string;
    buyerId: string;
    turn: number;
    items: string;
    deadlineMs: number;
    attemptId: string;
    /** Of `reservation.restocked`, whose items are those that came back. */
    returnId?: string;
  };
}
