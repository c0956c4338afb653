import fc from 'fast-check';
import type { ModelledSale } from '../modelled/sale.ts';
import { buyers, seldom, some, step } from './step.ts';

const malformedItems = [
  ...[
    'a:1,a:1',
    'b:1,a:1',
    'a:0',
    'a:-1',
    'a:1.5',
    'a:1e3',
    'a:01',
    'a:+1',
    'a: 1',
    'A:1',
    'a',
    'a:',
    ':1',
    '',
    ',',
  ],
  ...['a:1,', ',a:1', 'a:1,,b:1', 'a:1;b:1', 'a:1\n', 'a:9999999999', 'a:nan', 'a:inf', 'a:0x1', 'a:units:1'],
  ...['a:1,b:-1', 'zz:1', 'a:1,zz:1', 'a:999999999', 'a:1,b:999999999', '__proto__:1'],
];
export const items = seldom(
  fc.constantFrom('a:1', 'a:1', 'a:1', 'b:1', 'b:1', 'a:2', 'a:1,b:1', 'a:1,b:1', 'b:2', 'a:1,b:2', 'a:3'),
  fc.constantFrom(...malformedItems),
);
const malformedTurns = [
  'nan',
  'inf',
  '-1',
  '-2',
  '0.5',
  '1.5',
  '1e0',
  '0x1',
  '',
  ' 1',
  '+1',
  '99999999999999999999',
];
const turn = seldom(
  fc.constant(null),
  fc.oneof(fc.constantFrom(...malformedTurns), fc.nat(8).map(String)),
  15,
);

/** The turn that a buyer's ticket stands for: buyers came in the order of their names. */
export const turnOf = (model: ModelledSale, buyer: number) =>
  model.setup.method === 'none' ? '-1' : `${buyer}`;

export const reserve = fc
  .record({
    stale: seldom(fc.constant(0), fc.constantFrom(-1, 1)),
    requests: some(
      fc.record({ buyer: fc.nat(buyers - 1), items, turn, as: seldom(fc.constant(null), fc.nat(99), 30) }),
    ),
  })
  .map((input) =>
    step(
      'reserve',
      input,
      async (world) => {
        const args = input.requests.flatMap(({ buyer, items, turn, as }) => {
          const buyerId = `buyer-${buyer}`;
          const taken = as === null ? undefined : world.proposed[as % Math.max(1, world.proposed.length)];
          const id = taken?.id ?? `rsv-${world.proposed.length}`;
          if (!taken) world.proposed.push({ id, buyerId });
          return [id, buyerId, turn ?? turnOf(world.model, buyer), items];
        });
        await world.call({
          script: 'reservation/reserve',
          args: [`${world.model.epoch + input.stale}`, ...args],
        });
      },
      ({ model }) => !model.setup.isStock,
    ),
  );
