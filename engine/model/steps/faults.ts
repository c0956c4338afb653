import fc from 'fast-check';
import type { Call, ScriptName } from '../modelled/calls.ts';
import type { ModelledSale } from '../modelled/sale.ts';
import type { World } from '../world.ts';
import { step } from './step.ts';

const recorded = ({ history }: World, pick: number): Call | undefined =>
  history[history.length - 1 - (pick % history.length)];

/** An earlier call once more, as after a lost reply: mostly a recent one. */
export const repeat = fc.oneof(fc.constant(0), fc.nat(3), fc.nat(99)).map((pick) =>
  step(
    'repeat',
    pick,
    (world) => world.call(recorded(world, pick) as Call),
    ({ history }) => history.length > 0,
  ),
);

const onTheFloor = (call: Call | undefined): call is Call =>
  call !== undefined && !['sale/command', 'sale/begin-epoch'].includes(call.script);

/** An earlier call, cut short, too long, or with a number that is none. */
export const mangle = fc
  .record({ pick: fc.nat(99), how: fc.constantFrom('short', 'long', 'nan', '', '-1', '1e300', '0.5', 'ten') })
  .map(({ pick, how }) => {
    const mangled = (world: World): Call | null => {
      const call = recorded(world, pick);
      if (!call?.script.startsWith('reservation/')) return null;
      if (how === 'short') return { ...call, args: call.args.slice(0, -1) };
      if (how === 'long') return { ...call, args: [...call.args, 'x'] };
      const numbers: Partial<Record<ScriptName, number>> = {
        'reservation/reserve': 0,
        'reservation/initiate': 0,
        'reservation/begin-payment': 1,
        'reservation/renew-pin': 0,
        'reservation/lapsed-pins': 0,
      };
      const at = numbers[call.script];
      return at === undefined || at >= call.args.length ? null : { ...call, args: call.args.with(at, how) };
    };
    return step(
      'mangle',
      { pick, how },
      async (world) => {
        world.moveWall(7);
        await world.call(mangled(world) as Call);
      },
      (world) => world.history.length > 0 && mangled(world) !== null,
    );
  });

/** Names of the floor's keys, and when one that is missing has to be noticed. */
const missed: ((model: ModelledSale) => boolean)[] = [
  () => true,
  () => true,
  (model) => moved(model) > 0,
  (model) => moved(model) > 0,
  (model) => model.total('held') > 0,
  (model) => model.total('paying') > 0,
  (model) => model.setup.method !== 'none' && moved(model) > 0,
  (model) => model.serving > model.missedBelow,
  (model) => model.standby.size > 0,
  (model) => model.standby.size > 0,
  (model) => model.total('paying') + model.total('sold') > 0,
  () => true,
];
const moved = (model: ModelledSale) => model.total('held') + model.total('paying') + model.total('sold');

export const sabotage = fc
  .record({
    key: fc.nat(11),
    instead: fc.constantFrom('missing' as const, 'wrong type' as const),
    pick: fc.nat(99),
  })
  .map(({ key, instead, pick }) =>
    step(
      'sabotage',
      { key, instead, pick },
      async (world) => {
        world.moveWall(7);
        await world.callWithout(world.real.keys[key] as string, instead, recorded(world, pick) as Call);
      },
      (world) =>
        world.history.length > 0 && onTheFloor(recorded(world, pick)) && missed[key]?.(world.model) === true,
    ),
  );
