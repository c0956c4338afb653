/**
 * Every state machine of Doorbuster, as data. The same tables are what the Lua scripts implement, what
 * the database checks (a test compares them with its constraints), and what docs/state-machines.md shows.
 */
export type Transitions<S extends string> = Readonly<Record<S, { readonly to: readonly S[] }>>;

export const saleStates = {
  scheduled: { to: ['waiting', 'open', 'closed'] },
  waiting: { to: ['open', 'closed'] },
  open: { to: ['paused', 'sold_out', 'closed'] },
  paused: { to: ['open', 'sold_out', 'closed'] },
  sold_out: { to: [] },
  closed: { to: [] },
} as const satisfies Transitions<'scheduled' | 'waiting' | 'open' | 'paused' | 'sold_out' | 'closed'>;
export type SaleState = keyof typeof saleStates;

/** Nothing is sold any more, nor will be: such a state is never left. */
export const isOver = (state: SaleState): boolean => saleStates[state].to.length === 0;

/** From where a sale may come into a state. A repeat is no move, so one may come from itself. */
export const statesBefore = (state: SaleState): SaleState[] =>
  (Object.keys(saleStates) as SaleState[]).filter(
    (from) => from === state || canMove<SaleState>(saleStates, from, state),
  );

export const reservationStates = {
  held: { to: ['paying', 'released', 'expired'] },
  paying: { to: ['held', 'confirmed', 'expired'] },
  confirmed: { to: [] },
  released: { to: [] },
  expired: { to: [] },
} as const satisfies Transitions<'held' | 'paying' | 'confirmed' | 'released' | 'expired'>;
export type ReservationState = keyof typeof reservationStates;

export const orderStates = {
  pending: { to: ['confirmed', 'failed', 'cancelled'] },
  confirmed: { to: ['processing', 'cancelled'] },
  failed: { to: [] },
  cancelled: { to: [] },
  processing: { to: ['shipped', 'cancelled'] },
  shipped: { to: ['delivered', 'returned'] },
  delivered: { to: ['returned'] },
  returned: { to: ['refunded'] },
  refunded: { to: [] },
} as const satisfies Transitions<
  | 'pending'
  | 'confirmed'
  | 'failed'
  | 'cancelled'
  | 'processing'
  | 'shipped'
  | 'delivered'
  | 'returned'
  | 'refunded'
>;
export type OrderState = keyof typeof orderStates;

export const paymentStates = {
  initiated: { to: ['authorized', 'captured', 'declined'] },
  authorized: { to: ['captured', 'voided'] },
  captured: { to: ['refunded'] },
  declined: { to: [] },
  voided: { to: [] },
  /** `captured` again where its refund failed after it had been paid back. */
  refunded: { to: ['captured'] },
  /** Written by the reconciler in the place of `initiated`: the pin's lease lapsed before anything was committed. */
  abandoned: { to: [] },
} as const satisfies Transitions<
  'initiated' | 'authorized' | 'captured' | 'declined' | 'voided' | 'refunded' | 'abandoned'
>;
export type PaymentState = keyof typeof paymentStates;

/** Units that a buyer sends back: an operator decides, and the money follows. */
export const returnStates = {
  requested: { to: ['approved', 'rejected'] },
  approved: { to: ['refunded'] },
  rejected: { to: [] },
  refunded: { to: [] },
} as const satisfies Transitions<'requested' | 'approved' | 'rejected' | 'refunded'>;
export type ReturnState = keyof typeof returnStates;

/** Money on its way back: a row before the provider is asked. */
export const refundStates = {
  initiated: { to: ['refunded', 'failed'] },
  /** `failed` where the provider had called it paid back, and its bank sent it back. */
  refunded: { to: ['failed'] },
  failed: { to: [] },
} as const satisfies Transitions<'initiated' | 'refunded' | 'failed'>;
export type RefundState = keyof typeof refundStates;

/** Units that come back after they were sold: behind the guard, then in the sale; or in general stock. */
export const restockStates = {
  owed: { to: ['to_sale', 'in_stock'] },
  to_sale: { to: ['in_sale', 'in_stock'] },
  in_sale: { to: [] },
  in_stock: { to: [] },
} as const satisfies Transitions<'owed' | 'to_sale' | 'in_sale' | 'in_stock'>;
export type RestockState = keyof typeof restockStates;

/** What a person may do with an order, and the state that it leads to. */
export const orderMoves = {
  cancel: 'cancelled',
  process: 'processing',
  ship: 'shipped',
  deliver: 'delivered',
} as const satisfies Record<string, OrderState>;
export type OrderMove = keyof typeof orderMoves;

/** What a ticket's owner is told about it; derived at each asking, stored nowhere. */
export type TicketState = 'waiting' | 'your_turn' | 'missed' | 'standby' | 'reserved' | 'bought' | 'sold_out';

/** True when the table allows that move. */
export function canMove<S extends string>(table: Transitions<S>, from: S, to: S): boolean {
  return table[from].to.includes(to);
}
