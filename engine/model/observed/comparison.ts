import { deepStrictEqual } from 'node:assert/strict';
import type { Event } from '../modelled/records.ts';
import type { ModelledSale } from '../modelled/sale.ts';
import type { ObservedSale } from './observed-sale.ts';

const sorted = <T>(entries: Iterable<[string, T]>): Record<string, T> =>
  Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));

/** Throws with a readable difference where Redis is not as the model says, or told other events. */
export function compare(model: ModelledSale, observed: ObservedSale): void {
  same(observedAsModelled(observed), modelled(model), 'Redis is not as the model');
  same(
    observed.newEvents.map(([, fields]) => fields),
    model.events.map(asFields),
    'other events than the model',
  );
}

/** Throws a readable difference. Compares as text first: that is what happens 100,000 times. */
export function same(actual: unknown, expected: unknown, otherwise: string): void {
  if (JSON.stringify(actual) === JSON.stringify(expected)) return;
  try {
    deepStrictEqual(actual, expected);
  } catch (difference) {
    throw new Error(`${otherwise}: ${(difference as Error).message}`);
  }
}

function observedAsModelled({ sale, stock, requests, standby, ...observed }: ObservedSale) {
  const counted = Object.entries(stock).filter(([field]) => !field.endsWith(':waiting'));
  return {
    state: sale.state,
    epoch: Number(sale.epoch),
    nowMs: Number(sale.clockLastMs),
    clockOffsetMs: Number(sale.clockOffsetMs),
    serving: Number(sale.serving),
    entrants: Number(sale.entrants),
    missedBelow: Number(sale.missedBelow),
    pausedTotalMs: Number(sale.pausedTotalMs),
    opensAtMs: Number(sale.opensAtMs),
    closesAtMs: Number(sale.closesAtMs),
    openedAtMs: sale.openedAtMs === undefined ? null : Number(sale.openedAtMs),
    stock: sorted(counted),
    reservations: observed.reservations,
    latestOf: sorted(
      Object.entries(observed.buyers).map(([buyerId, { reservationId }]) => [buyerId, reservationId]),
    ),
    gaveUp: Object.entries(observed.buyers).flatMap(([buyerId, { gaveUp }]) => (gaveUp ? [buyerId] : [])),
    leases: observed.pins,
    usedTurns: observed.usedTurns,
    calls: Object.values(observed.calls).sort((a, b) => a - b),
    attempts: observed.attempts,
    standby: sorted(
      Object.entries(requests).map(([buyerId, request]) => [
        buyerId,
        { ...request, score: standby[buyerId] ?? null },
      ]),
    ),
  };
}

function modelled(model: ModelledSale): ReturnType<typeof observedAsModelled> {
  const stock = [...model.stock].flatMap(([sku, counts]) =>
    Object.entries(counts).map(([place, count]): [string, number] => [`${sku}:${place}`, count]),
  );
  return {
    state: model.state,
    epoch: model.epoch,
    nowMs: model.nowMs,
    clockOffsetMs: model.clockOffsetMs,
    serving: model.serving,
    entrants: model.entrants,
    missedBelow: model.missedBelow,
    pausedTotalMs: model.pausedTotalMs,
    opensAtMs: model.opensAtMs,
    closesAtMs: model.closesAtMs,
    openedAtMs: model.openedAtMs,
    stock: sorted(stock),
    reservations: sorted(model.reservations),
    latestOf: sorted(model.latestOf),
    gaveUp: [...model.gaveUp].sort(),
    leases: sorted(model.leases),
    usedTurns: [...model.usedTurns].sort((a, b) => a - b),
    calls: model.calls.map(({ to }) => to),
    attempts: [...model.attempts].sort(),
    standby: sorted(
      [...model.standby.values(), ...model.turnedAway.values()].map(({ buyerId, score, ...request }) => {
        const { reservationId, turn, items, missed, aliveAtMs } = request;
        const isTurnedAway = model.turnedAway.has(buyerId);
        const of = { reservationId, turn, items, missed, aliveAtMs, isTurnedAway };
        return [buyerId, { ...of, score: isTurnedAway ? null : score }];
      }),
    ),
  };
}

/** An event as the stream carries it: what there is none of is left out. */
function asFields({ type, atMs, epoch, adjusted, places, reservation }: Event): string[] {
  const fields = ['type', type, 'atMs', `${atMs}`, 'epoch', `${epoch}`];
  if (places !== undefined) return [...fields, 'places', places];
  if (!reservation) return adjusted === undefined ? fields : [...fields, 'items', adjusted];
  const { id, buyerId, turn, items, deadlineMs, attemptId, returnId } = reservation;
  return [
    ...fields,
    ...['reservationId', id, 'buyerId', buyerId, 'items', items, 'deadlineMs', `${deadlineMs}`],
    ...(turn < 0 ? [] : ['turn', `${turn}`]),
    ...(attemptId === '' ? [] : ['attemptId', attemptId]),
    ...(returnId === undefined ? [] : ['returnId', returnId]),
  ];
}
