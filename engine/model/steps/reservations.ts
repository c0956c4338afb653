import fc from 'fast-check';
import type { ReservationState } from '../../contracts/states.ts';
import type { ScriptName } from '../modelled/calls.ts';
import { found, payment, paymentOf, reservation, somethingProposed } from './pick.ts';
import { seldom, some, step } from './step.ts';

export function byBuyer(script: ScriptName, usual: ReservationState[]) {
  return some(reservation).map((picks) =>
    step(
      script,
      picks,
      (world) => {
        const args = picks.flatMap((pick) => {
          const { id, buyerId } = found(world, usual, pick);
          return [id, buyerId];
        });
        return world.call({ script, args });
      },
      somethingProposed,
    ),
  );
}

export function byPayment(script: ScriptName) {
  return some(fc.record({ reservation, payment: payment('last') })).map((picks) =>
    step(
      script,
      picks,
      (world) => {
        const args = picks.flatMap(({ reservation, payment }) => {
          const { id } = found(world, ['paying'], reservation);
          return [id, paymentOf(world, id, payment)];
        });
        return world.call({ script, args });
      },
      somethingProposed,
    ),
  );
}

export const beginPayment = fc
  .record({
    stale: seldom(fc.constant(0), fc.constantFrom(-1, 1)),
    leaseMs: fc.constantFrom(0, 2_000, 30_000),
    picks: some(fc.record({ reservation, payment: payment('new') })),
  })
  .map((input) =>
    step(
      'begin payment',
      input,
      (world) => {
        const args = input.picks.flatMap(({ reservation, payment }) => {
          const { id, buyerId } = found(world, ['held'], reservation);
          return [id, buyerId, paymentOf(world, id, payment)];
        });
        const epoch = `${world.model.epoch + input.stale}`;
        return world.call({
          script: 'reservation/begin-payment',
          args: [epoch, `${input.leaseMs}`, ...args],
        });
      },
      somethingProposed,
    ),
  );

export const extend = some(fc.record({ reservation, again: fc.boolean() })).map((picks) =>
  step(
    'extend',
    picks,
    (world) => {
      const args = picks.flatMap(({ reservation, again }) => {
        const { id, buyerId } = found(world, ['held'], reservation);
        const before = world.model.reservations.get(id)?.extendedBy;
        return [id, buyerId, again && before ? before : `extend-${world.commands}`];
      });
      return world.call({ script: 'reservation/extend', args });
    },
    somethingProposed,
  ),
);

export const reprice = some(reservation).map((picks) =>
  step(
    'reprice',
    picks,
    (world) => {
      const args = picks.flatMap((pick, at) => {
        const { id, buyerId } = found(world, ['held'], pick);
        return [id, buyerId, `quote-${world.commands}-${at}`];
      });
      return world.call({ script: 'reservation/reprice', args });
    },
    somethingProposed,
  ),
);

export const renewPin = fc.record({ reservation, payment: payment('last') }).map((input) =>
  step('renew pin', input, (world) => {
    const { id } = found(world, ['paying'], input.reservation);
    return world.call({
      script: 'reservation/renew-pin',
      args: ['5000', id, paymentOf(world, id, input.payment)],
    });
  }),
);

export const lapsedPins = fc
  .integer({ min: 0, max: 3 })
  .map((limit) =>
    step('lapsed pins', limit, (world) =>
      world.call({ script: 'reservation/lapsed-pins', args: [`${limit}`] }),
    ),
  );
