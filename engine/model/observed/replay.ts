import {
  canMove,
  type ReservationState,
  reservationStates,
  type SaleState,
  saleStates,
} from '../../contracts/states.ts';

/** Where an event leaves a reservation. */
const ledTo: Record<string, ReservationState> = {
  'reservation.held': 'held',
  'reservation.extended': 'held',
  'reservation.payment_begun': 'paying',
  'reservation.returned': 'held',
  'reservation.confirmed': 'confirmed',
  'reservation.restocked': 'confirmed',
  'reservation.released': 'released',
  'reservation.expired': 'expired',
};
const saleLedTo: Record<string, SaleState> = {
  'sale.waiting': 'waiting',
  'sale.opened': 'open',
  'sale.paused': 'paused',
  'sale.resumed': 'open',
  'sale.sold_out': 'sold_out',
  'sale.closed': 'closed',
};
interface ReplayedReservation {
  state: ReservationState;
  buyerId: string;
  items: string;
  deadlineMs: string;
  turn: string;
  /** Returns of what was sold. */
  returns: Map<string, string>;
}

/**
 * What somebody knows who has read nothing but the outbox, from its beginning. It is to know as much as
 * Redis does: whatever moved without an event is found as a difference.
 */
export class Replay {
  state: SaleState = 'scheduled';
  readonly reservations = new Map<string, ReplayedReservation>();
  /** Places, in base64. */
  readonly givenUp = new Set<string>();
  #atMs = 0;
  #epoch = 0;
  /** Of the last event that was read. */
  position = '0-0';
  count = 0;

  read(entries: [string, string[]][]): void {
    for (const [position, flat] of entries) {
      const fields = new Map<string, string>();
      for (let i = 0; i < flat.length; i += 2) fields.set(flat[i] as string, flat[i + 1] as string);
      this.#apply(fields);
      this.position = position;
      this.count++;
    }
  }

  #apply(fields: Map<string, string>): void {
    const of = (name: string) => fields.get(name) ?? fail(`an event without ${name}`);
    const type = of('type');
    if (Number(of('atMs')) < this.#atMs) fail(`${type} happened before the event before it`);
    if (Number(of('epoch')) < this.#epoch) fail(`${type} is of an epoch that had ended`);
    this.#atMs = Number(of('atMs'));
    this.#epoch = Number(of('epoch'));
    if (type.startsWith('sale.')) this.#moveSale(type);
    else if (type === 'places.given_up') this.#giveUp(of('places'));
    else this.#moveReservation(type, of, fields.get('turn') ?? '');
  }

  /** `turn` is empty in a sale without a waiting room. */
  #moveReservation(type: string, of: (name: string) => string, turn: string): void {
    const id = of('reservationId');
    const known = this.reservations.get(id);
    const to = ledTo[type] ?? fail(`no such event: ${type}`);
    if (type === 'reservation.held' ? known : !known) fail(`${type} of ${id} is out of order`);
    if (known && type === 'reservation.restocked') {
      if (known.state !== 'confirmed') fail(`${id} was ${known.state}, and something of it came back`);
      if (known.returns.has(of('returnId'))) fail(`${of('returnId')} came back twice`);
      known.returns.set(of('returnId'), of('items'));
      return;
    }
    if (known && type !== 'reservation.extended' && !canMove(reservationStates, known.state, to)) {
      fail(`${id} went from ${known.state} to ${to}`);
    }
    if (known && (known.items !== of('items') || known.buyerId !== of('buyerId') || known.turn !== turn)) {
      fail(`${id} became something else by ${type}`);
    }
    const [buyerId, items, deadlineMs] = [of('buyerId'), of('items'), of('deadlineMs')];
    const returns = known?.returns ?? new Map();
    this.reservations.set(id, { state: to, buyerId, items, deadlineMs, turn, returns });
  }

  #giveUp(places: string): void {
    for (const place of places.match(/.{16}/g) ?? []) {
      if (this.givenUp.has(place)) fail('a place was given up twice');
      this.givenUp.add(place);
    }
  }

  #moveSale(type: string): void {
    const to = saleLedTo[type];
    if (!to) return;
    if (!canMove(saleStates, this.state, to)) fail(`the sale went from ${this.state} to ${to}`);
    this.state = to;
  }
}

function fail(what: string): never {
  throw new Error(`outbox: ${what}`);
}
