import fc from 'fast-check';
import { placeOf, placeText } from '../modelled/leave.ts';
import { turnOf } from './reserve.ts';
import { buyers, some, step } from './step.ts';

export const join = fc.integer({ min: 1, max: 3 }).map((entrants) =>
  step(
    'join',
    entrants,
    (world) => world.join(entrants),
    ({ model }) => model.setup.method === 'fifo' && model.entrants + entrants <= buyers,
  ),
);

export const turnStatus = some(fc.nat(buyers - 1)).map((asking) =>
  step('turn status', asking, (world) => {
    const args = asking.flatMap((buyer) => [`buyer-${buyer}`, turnOf(world.model, buyer)]);
    return world.call({ script: 'waiting-room/turn-status', args });
  }),
);

export const leave = some(fc.nat(buyers)).map((leaving) =>
  step(
    'leave',
    leaving,
    (world) => {
      // The last one never joined.
      const buyerIds = leaving.map((buyer) => `buyer-${buyer}`);
      const args = [
        '64',
        buyerIds.map(placeOf).join(''),
        buyerIds.map(placeText).join(''),
        ...buyerIds.flatMap((buyerId) => [buyerId, '-1', '-1']),
      ];
      return world.call({ script: 'waiting-room/leave', args });
    },
    ({ model }) => model.setup.method === 'fifo',
  ),
);

export const signsOfLife = some(fc.nat(buyers - 1)).map((alive) =>
  step('signs of life', alive, (world) =>
    world.call({ script: 'waiting-room/signs-of-life', args: alive.map((buyer) => `buyer-${buyer}`) }),
  ),
);

export const tick = fc
  .constantFrom(1, 2, 500, 500, 500)
  .map((sweepMax) =>
    step('tick', sweepMax, (world) => world.call({ script: 'admission/tick', args: [`${sweepMax}`] })),
  );
