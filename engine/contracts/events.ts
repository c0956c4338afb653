import type { ReservationId } from './ids.ts';

/** An item of a reservation: whole units of one SKU. */
export interface Item {
  sku: string;
  quantity: number;
}

/**
 * What a Lua script appends to the sale's outbox stream in the call that changed the state. Field names
 * are those of the stream; numbers arrive as decimal strings and are parsed by `parseOutboxEvent`. A field that
 * an event has nothing to say in is absent, or empty in entries of earlier versions.
 */
export type ReservationEventType =
  | 'reservation.held'
  | 'reservation.extended'
  | 'reservation.payment_begun'
  | 'reservation.returned'
  | 'reservation.confirmed'
  | 'reservation.restocked'
  | 'reservation.released'
  | 'reservation.expired';

export type SaleEventType =
  | 'sale.created'
  | 'sale.waiting'
  | 'sale.opened'
  | 'sale.paused'
  | 'sale.resumed'
  | 'sale.sold_out'
  | 'sale.closed'
  | 'sale.units_adjusted'
  /** The first event of an epoch that was rebuilt from Postgres. */
  | 'sale.rebuilt';

export type PlaceEventType = 'places.taken' | 'places.given_up';

export interface OutboxEvent {
  /** Redis stream id, `<ms>-<n>`: the relay's position. */
  position: string;
  type: ReservationEventType | SaleEventType | PlaceEventType;
  /** By the sale's clock. */
  atMs: number;
  epoch: number;
  reservationId: ReservationId | null;
  buyerId: string | null;
  /** The turn that was used; null in a sale without a waiting room. */
  turn: number | null;
  /** Of the reservation; of `reservation.restocked` those that came back. */
  items: Item[];
  /** Deadline of the hold after the event, or null. */
  deadlineMs: number | null;
  attemptId: string | null;
  /** Which return brought its items back into the sale; null on every other event. */
  returnId: string | null;
  /** Of `places.*`: the places of the waiting room, 12 bytes each in base64; else null. */
  places: string | null;
  /** Index of the first of the places that were taken, the others follow it; else null. */
  firstIndex: number | null;
}

/** `ps5:1,case:2` ⇄ items: the form in which scripts, stream and reservations carry them. */
export const encodeItems = (items: readonly Item[]): string =>
  items.map((item) => `${item.sku}:${item.quantity}`).join(',');

export function decodeItems(text: string): Item[] {
  if (text === '') return [];
  return text.split(',').map((pair) => {
    const colon = pair.lastIndexOf(':');
    return { sku: pair.slice(0, colon), quantity: Number(pair.slice(colon + 1)) };
  });
}

/** One form per set of items: sorted by SKU. Two requests for the same items compare equal as text. */
export const canonicalItems = (items: readonly Item[]): Item[] =>
  [...items].sort((a, b) => (a.sku < b.sku ? -1 : a.sku > b.sku ? 1 : 0));

/** A stream entry as ioredis returns it: id, then alternating names and values. */
export function parseOutboxEvent([position, fields]: [string, string[]]): OutboxEvent {
  const entry = new Map<string, string>();
  for (let i = 0; i < fields.length; i += 2) entry.set(fields[i] as string, fields[i + 1] as string);
  const integer = (name: string) => {
    const text = entry.get(name);
    return text === undefined || text === '' ? null : Number(text);
  };
  return {
    position,
    type: entry.get('type') as OutboxEvent['type'],
    atMs: integer('atMs') ?? 0,
    epoch: integer('epoch') ?? 0,
    reservationId: (entry.get('reservationId') || null) as ReservationId | null,
    buyerId: entry.get('buyerId') || null,
    turn: integer('turn'),
    items: decodeItems(entry.get('items') ?? ''),
    deadlineMs: integer('deadlineMs'),
    attemptId: entry.get('attemptId') || null,
    returnId: entry.get('returnId') || null,
    places: entry.get('places') ?? null,
    firstIndex: integer('firstIndex'),
  };
}
