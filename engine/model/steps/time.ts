import fc from 'fast-check';
import type { World } from '../world.ts';
import { step } from './step.ts';

export const pass = fc
  .oneof(fc.nat(4_900), fc.constantFrom(1, 1_000, 4_000, 5_000))
  .map((ms) => step('pass', ms, async (world) => world.moveWall(ms)));

/** To the moment at which the next hold, pinned or not, the next claim window or the sale ends; just before it, or just after. */
export const passToDeadline = fc.constantFrom(-1, 0, 0, 1).map((offMs) => {
  const leftMs = ({ model }: World) => {
    const holds = [...model.reservations.values()].filter(
      ({ state }) => state === 'held' || state === 'paying',
    );
    const ends = [
      ...holds.map(({ deadlineMs }) => deadlineMs - model.nowMs),
      model.opensAtMs - model.nowMs,
      model.closesAtMs - model.nowMs,
      ...model.calls.map(({ atMs }) => atMs + model.setup.claimMs - model.claimClockMs()),
    ];
    return Math.min(...ends.filter((ms) => ms > 0)) + offMs;
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

/** About as long as anybody on standby is believed to be there, with nothing but the time moving. */
export const passLong = fc.constantFrom(29_999, 30_000, 30_001, 34_000).map((ms) =>
  step('pass long', ms, async (world) => {
    for (let leftMs = ms; leftMs > 0; leftMs -= 5_000) {
      world.moveWall(Math.min(5_000, leftMs));
      await world.call({ script: 'reservation/lapsed-pins', args: ['0'] });
    }
  }),
);
