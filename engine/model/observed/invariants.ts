import type { ReservationState } from '../../contracts/states.ts';
import { itemsOf, quantityOf } from '../modelled/items.ts';
import type { ObservedSale } from './observed-sale.ts';
import type { Replay } from './replay.ts';

const places = ['available', 'held', 'paying', 'sold'] as const;

const placeOf: Partial<Record<ReservationState, (typeof places)[number]>> = {
  held: 'held',
  paying: 'paying',
  confirmed: 'sold',
};

/**
 * Everything that holds at every moment, read from the raw keys and the outbox; throws naming what does not.
 * `placeOfTurn` answers in base64 whose turn that is.
 */
export function checkInvariants(
  observed: ObservedSale,
  replay: Replay,
  limits: { perBuyer: number },
  placeOfTurn: (turn: number) => string | undefined,
): void {
  checkFloor(observed, limits);
  checkTold(observed, replay);
  const turns = new Set(Object.values(observed.reservations).map(({ turn }) => turn));
  for (const turn of observed.usedTurns) {
    if (!turns.has(turn) && !replay.givenUp.has(placeOfTurn(turn) ?? '')) {
      fail(`turn ${turn} counts as used, but nobody used it or gave it up`);
    }
  }
}

/** What holds of the keys by themselves, whatever the outbox has told and whoever has read it. */
export function checkFloor(observed: ObservedSale, limits: { perBuyer: number }): void {
  const { stock, reservations, buyers, deadlines, pins, usedTurns, standby, requests } = observed;
  const standing = Object.entries(requests).filter(([, { isTurnedAway }]) => !isTurnedAway);
  const counted: Record<string, number> = {};
  const unitsOf: Record<string, number> = {};
  const liveOf: Record<string, number> = {};
  for (const [id, reservation] of Object.entries(reservations)) {
    const { state, items, buyerId, deadlineMs, turn, attemptId, returns } = reservation;
    const place = placeOf[state as ReservationState];
    if (returns.length > 0 && place !== 'sold') fail(`${id} is ${state}, and something of it came back`);
    if (place) {
      const returned = returns.reduce((sum, [, of]) => sum + quantityOf(of), 0);
      unitsOf[buyerId] = (unitsOf[buyerId] ?? 0) + quantityOf(items) - returned;
      if (place !== 'sold') liveOf[buyerId] = (liveOf[buyerId] ?? 0) + 1;
      count(counted, place, items, 1);
      for (const [, of] of returns) count(counted, place, of, -1);
    }
    if (state === 'held' ? deadlines[id] !== deadlineMs : id in deadlines) {
      fail(`${id} is ${state}, its entry in deadlines is ${deadlines[id]}`);
    }
    if ((state === 'paying') !== id in pins) fail(`${id} is ${state}, its pin is ${pins[id]}`);
    if ((state === 'paying' || state === 'confirmed') && !observed.attempts.includes(attemptId)) {
      fail(`${id} is ${state} by a payment that nobody began`);
    }
    if (turn >= 0 && !usedTurns.includes(turn)) fail(`${id} used turn ${turn}, whose bit is not set`);
  }
  for (const id of [...Object.keys(deadlines), ...Object.keys(pins)]) {
    if (!(id in reservations)) fail(`${id} is no reservation, but has a deadline or a pin`);
  }
  for (const field of Object.keys(stock)) {
    const sku = /^(.+):units$/.exec(field)?.[1];
    if (!sku) continue;
    const [available, ...moved] = places.map((place) => stock[`${sku}:${place}`] ?? Number.NaN);
    const sum = moved.reduce((a, b) => a + b, available ?? Number.NaN);
    if (sum !== stock[field])
      fail(`${sku}: ${available} available and ${moved} are not ${stock[field]} units`);
    if ([available, ...moved].some((count) => (count ?? -1) < 0)) fail(`${sku}: a count fell below zero`);
    for (const place of places.slice(1)) {
      const inReservations = counted[`${sku}:${place}`] ?? 0;
      if (inReservations !== stock[`${sku}:${place}`]) {
        fail(`${sku}: ${stock[`${sku}:${place}`]} ${place}, by its reservations ${inReservations}`);
      }
    }
    const wanted = standing.filter(([, { items }]) => itemsOf(items).some((item) => item.sku === sku));
    if (wanted.length !== (stock[`${sku}:waiting`] ?? 0)) fail(`${sku}: ${wanted.length} wait for it`);
  }
  for (const [buyerId, { units, reservationId }] of Object.entries(buyers)) {
    if (units !== (unitsOf[buyerId] ?? 0))
      fail(`${buyerId} has ${unitsOf[buyerId]} units, counted as ${units}`);
    if (units > limits.perBuyer) fail(`${buyerId} has ${units} units, the limit is ${limits.perBuyer}`);
    if (reservations[reservationId]?.buyerId !== buyerId) fail(`${buyerId}: latest is ${reservationId}`);
    if ((liveOf[buyerId] ?? 0) > 1) fail(`${buyerId} has two live reservations`);
  }
  for (const buyerId of Object.keys(unitsOf)) if (!(buyerId in buyers)) fail(`${buyerId} is not counted`);
  if (Object.keys(standby).join() !== standing.map(([buyerId]) => buyerId).join())
    fail('standby and its requests differ');
}

/** Whoever has read nothing but the outbox, all of it, knows as much as the keys do. */
function checkTold({ sale, stock, reservations, eventCount }: ObservedSale, replay: Replay): void {
  const replayed: Record<string, number> = {};
  for (const [id, { state, deadlineMs }] of Object.entries(reservations)) {
    const told = replay.reservations.get(id);
    if (!told) fail(`${id} is not in the outbox`);
    if (told.state !== state) fail(`${id} is ${state}, by the outbox ${told.state}`);
    if (told.deadlineMs !== `${deadlineMs}`) fail(`${id}: the outbox has another deadline`);
  }
  for (const [id, { state, items, returns }] of replay.reservations) {
    if (!(id in reservations)) fail(`the outbox tells of ${id}, which is gone`);
    const place = placeOf[state];
    if (!place) continue;
    count(replayed, place, items, 1);
    for (const returned of returns.values()) count(replayed, place, returned, -1);
  }
  for (const field of Object.keys(stock)) {
    const [sku, place] = field.split(':') as [string, string];
    if (!(places.slice(1) as string[]).includes(place)) continue;
    const told = replayed[field] ?? 0;
    if (told !== stock[field]) fail(`${sku}: ${stock[field]} ${place}, by the outbox ${told}`);
  }
  if (replay.state !== sale.state) fail(`the sale is ${sale.state}, by the outbox ${replay.state}`);
  if (replay.count !== eventCount) fail('the outbox lost events');
}

function count(counts: Record<string, number>, place: string, items: string, sign: 1 | -1): void {
  for (const { sku, quantity } of itemsOf(items)) {
    counts[`${sku}:${place}`] = (counts[`${sku}:${place}`] ?? 0) + sign * quantity;
  }
}

function fail(what: string): never {
  throw new Error(`invariant: ${what}`);
}
