import fc from 'fast-check';
import { found, reservation } from './pick.ts';
import { seldom, some, step } from './step.ts';

export const operator = seldom(
  fc.constantFrom('open', 'pause', 'resume', 'resume'),
  fc.constant('close'),
  25,
).map((name) => step(name, undefined, (world) => world.call({ script: 'sale/command', args: [name] })));

/** What returns during a pause waits for its end, and meets whoever comes first after it. */
export const releaseInPause = some(reservation).map((picks) =>
  step('release in a pause', picks, async (world) => {
    await world.call({ script: 'sale/command', args: ['pause'] });
    const args = picks.flatMap((pick) => {
      const { id, buyerId } = found(world, ['held'], pick);
      return [id, buyerId];
    });
    await world.call({ script: 'reservation/release', args });
    await world.call({ script: 'sale/command', args: ['resume'] });
  }),
);

export const adjustUnits = fc
  .record({ sku: fc.constantFrom('a', 'a', 'b', 'zz'), units: fc.nat(5) })
  .map((input) =>
    step('adjust units', input, (world) =>
      world.call({ script: 'sale/adjust-units', args: [input.sku, `${input.units}`] }),
    ),
  );

export const beginEpoch = fc
  .record({
    later: fc.constantFrom(0, 1, 1),
    seen: fc.constantFrom('this life', 'this life', 'another life'),
  })
  .map(({ later, seen }) =>
    step('begin epoch', { later, seen }, (world) => {
      const life = seen === 'this life' ? (world.real.observed.sale.life as string) : seen;
      const args = [`${world.model.epoch + later}`, '0', '1000000', life];
      return world.call({ script: 'sale/begin-epoch', args });
    }),
  );
