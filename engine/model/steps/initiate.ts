import fc from 'fast-check';
import { items } from './reserve.ts';
import { buyers, seldom, some, step } from './step.ts';

/** In general stock nobody reserves, and nobody stands by. */
export const initiate = fc
  .record({
    stale: seldom(fc.constant(0), fc.constantFrom(-1, 1)),
    requests: some(
      fc.record({ buyer: fc.nat(buyers - 1), items, as: seldom(fc.constant(null), fc.nat(99), 30) }),
    ),
  })
  .map((input) =>
    step(
      'initiate',
      input,
      async (world) => {
        const args = input.requests.flatMap(({ buyer, items, as }) => {
          const buyerId = `buyer-${buyer}`;
          const taken = as === null ? undefined : world.proposed[as % Math.max(1, world.proposed.length)];
          const id = taken?.id ?? `rsv-${world.proposed.length}`;
          if (!taken) world.proposed.push({ id, buyerId });
          return [id, buyerId, items, `quote-${world.commands}-${buyer}`];
        });
        const epoch = `${world.model.epoch + input.stale}`;
        await world.call({ script: 'reservation/initiate', args: [epoch, ...args] });
      },
      ({ model }) => model.setup.isStock,
    ),
  );
