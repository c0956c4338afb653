import fc from 'fast-check';
import { seenOf } from '../modelled/initiate.ts';
import { items } from './reserve.ts';
import { buyers, seldom, some, step } from './step.ts';

/** In general stock nobody reserves, and nobody stands by. */
export const initiate = fc
  .record({
    stale: seldom(fc.constant(0), fc.constantFrom(-1, 1)),
    requests: some(
      fc.record({
        buyer: fc.nat(buyers - 1),
        items,
        as: seldom(fc.constant(null), fc.nat(99), 30),
        sees: seldom(fc.constant('the latest'), fc.constant('an older one'), 10),
      }),
    ),
  })
  .map((input) =>
    step(
      'initiate',
      input,
      async (world) => {
        const args = input.requests.flatMap(({ buyer, items, as, sees }) => {
          const buyerId = `buyer-${buyer}`;
          const taken = as === null ? undefined : world.proposed[as % Math.max(1, world.proposed.length)];
          const id = taken?.id ?? `rsv-${world.proposed.length}`;
          if (!taken) world.proposed.push({ id, buyerId });
          const seen = sees === 'the latest' ? seenOf(world.model, buyerId) : 'rsv-older';
          return [id, buyerId, items, `quote-${world.commands}-${buyer}`, seen];
        });
        const epoch = `${world.model.epoch + input.stale}`;
        await world.call({ script: 'reservation/initiate', args: [epoch, ...args] });
      },
      ({ model }) => model.setup.isStock,
    ),
  );
