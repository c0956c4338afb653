import fc from 'fast-check';
import type { World } from '../world.ts';
import { step } from './step.ts';

export const pass = fc
  .oneof(fc.nat(4_900), fc.constantFrom(1, 1_000, 4_000, 5_000))
  .map((ms) => step('pass', ms, async (world) => world.moveWall(ms)));

/** To the moment of the next deadline, just before it, or just after. */
export const passToDeadline = fc.constantFrom(-1, 0, 1).map((offMs) => {
  const leftMs = ({ model }: World) => {
    const deadlines = [...model.reservations.values()].filter(({ state }) => state === 'held');
    const nextMs = Math.min(
      ...deadlines.map(({ deadlineMs }) => deadlineMs).filter((ms) => ms > model.nowMs),
    );
    return nextMs + offMs - model.nowMs;
  };
  return step(
    'pass to the next deadline',
    offMs,
    async (world) => world.moveWall(leftMs(world)),
    (world) => leftMs(world) > 0 && leftMs(world) <= 5_000,
  );
});

export const jump = fc
  .constantFrom(-86_400_000, -3_600_000, -5_001, -4_000, -1, 5_001, 60_000, 86_400_000)
  .map((ms) => step('jump', ms, async (world) => world.moveWall(ms)));

/** Longer than anybody on standby is believed to be there, with nothing but the time moving. */
export const passLong = fc.constant(
  step('pass long', undefined, async (world) => {
    for (let i = 0; i < 7; i++) {
      world.moveWall(4_900);
      await world.call({ script: 'reservation/lapsed-pins', args: ['0'] });
    }
  }),
);
