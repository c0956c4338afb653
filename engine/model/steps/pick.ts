import fc from 'fast-check';
import type { ReservationState } from '../../contracts/states.ts';
import type { World } from '../world.ts';
import { seldom } from './step.ts';

/** Which reservation a step is about: mostly one for which it makes sense, by its owner. */
export const reservation = fc.record({
  pick: fc.nat(99),
  any: seldom(fc.constant(false), fc.constant(true), 8),
  byOther: seldom(fc.constant(false), fc.constant(true), 25),
});
export type Pick = typeof reservation extends fc.Arbitrary<infer T> ? T : never;

export const somethingProposed = ({ proposed }: World) => proposed.length > 0;

export function found(world: World, usual: ReservationState[], { pick, any, byOther }: Pick) {
  const fitting = [...world.model.reservations]
    .filter(([, { state }]) => usual.includes(state))
    .map(([id, { buyerId }]) => ({ id, buyerId }));
  const among = !any && fitting.length > 0 ? fitting : world.proposed;
  const one = among[pick % Math.max(1, among.length)] ?? { id: 'rsv-none', buyerId: 'buyer-0' };
  return byOther ? { ...one, buyerId: 'buyer-other' } : one;
}

/** A payment of a reservation: the one under way (or the last), a new one, or one that belongs elsewhere. */
export const payment = (usual: 'last' | 'new') =>
  fc.oneof(
    { weight: 7, arbitrary: fc.constant(usual) },
    { weight: 2, arbitrary: fc.constantFrom('last', 'new') },
    { weight: 1, arbitrary: fc.constant('elsewhere') },
  );

export function paymentOf({ model }: World, id: string, which: string): string {
  if (which === 'elsewhere') return 'pay-rsv-0-0';
  const last = model.reservations.get(id)?.attemptId;
  return which === 'last' && last ? last : `pay-${id}-${model.attempts.size}`;
}
