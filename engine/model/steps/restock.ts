import fc from 'fast-check';
import { found, reservation, somethingProposed } from './pick.ts';
import { items } from './reserve.ts';
import { seldom, some, step } from './step.ts';

/** Mostly one unit of what was bought, under a new return or one that happened before. */
export const restock = some(
  fc.record({ reservation, again: fc.nat(5), items: seldom(fc.constant(null), items, 5) }),
).map((picks) =>
  step(
    'restock',
    picks,
    (world) => {
      const args = picks.flatMap(({ reservation, again, items }) => {
        const { id } = found(world, ['confirmed'], reservation);
        const bought = world.model.reservations.get(id);
        const returnId = bought?.returns[again]?.[0] ?? `ret-${world.commands}`;
        return [id, returnId, items ?? `${bought?.items.slice(0, 1) ?? 'a'}:1`];
      });
      return world.call({ script: 'reservation/restock', args });
    },
    somethingProposed,
  ),
);
