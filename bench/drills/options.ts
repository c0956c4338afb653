import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type DemoOptions, demoMethods } from '../demo/options.ts';
import { awayKinds } from './absence.ts';
import { drills } from './catalogue.ts';
import { type Drill, DrillFailure, type Given } from './scene.ts';

/** `minutes`: repeated with the next seeds until so many are over, and a soak lasts so long; null: once. */
export interface DrillOptions extends Given {
  /** One, or all of them in turn. Empty: list them. */
  drills: readonly Drill[];
  seed: number;
  buyers: number;
  units: number;
  method: DemoOptions['method'];
  /** Repeated with the next seeds until so often struck; null: once. */
  strikes: number | null;
  json: string | null;
}

/** A line for each drill. */
export const listing = (): string =>
  [
    ...drills,
    { name: 'all', summary: 'all of them in turn but for the soak, e.g. with --minutes 480 for a night' },
  ]
    .map(({ name, summary }) => `  ${name.padEnd(16)}${summary}`)
    .join('\n');

/** The command line. commander prints help and errors itself. */
export function drillCommand(): Command {
  return new Command('npm run drill --')
    .description(
      'Starts the whole system, sends a rush, makes things go wrong at seeded moments while it sells, and audits\n' +
        'what came out. Exits with 1 where anything that is promised did not hold, or where nothing struck.',
    )
    .argument('[name]', 'of a drill, or all')
    .option('--seed <number>', 'of the buyers and of the strikes', integer(0, 4_294_967_295), 1)
    .option('--buyers <count>', 'how many come', integer(1, 200_000), 1_000)
    .option('--units <count>', 'how many units there are', integer(1, 1_000_000), 100)
    .addOption(
      new Option('--method <method>', 'how turns are given').choices([...demoMethods]).default('fifo'),
    )
    .option(
      '--minutes <count>',
      'goes on with the next seeds for so long; a soak lasts so long',
      integer(1, 10_000),
    )
    .option('--strikes <count>', 'goes on with the next seeds until so often struck', integer(1, 1_000_000))
    .option('--away <seconds>', 'how long redis-away takes Redis away', integer(1, 600))
    .addOption(new Option('--away-kind <kind>', 'how redis-away takes Redis away').choices([...awayKinds]))
    .option(
      '--json <file>',
      'write what came out there: an object, or a list where there were several',
      (file) => resolve(file),
    )
    .addHelpText(
      'after',
      `\nDrills:\n${listing()}\n\nExamples:\n  npm run drill -- redis-kill --seed 7\n` +
        '  npm run drill -- any-kill --buyers 20000 --units 2000 --strikes 200 --json kills.json\n' +
        '  npm run drill -- soak --units 600 --json soak.json\n  npm run drill -- all --minutes 480',
    )
    .allowExcessArguments(false);
}

/** Options of a command that was parsed. Throws `DrillFailure` for a drill that is not there. */
export function optionsOf(command: Command): DrillOptions {
  const name = command.args[0];
  const chosen = drills.filter((drill) =>
    name === 'all' ? drill.soakMinutes === undefined : drill.name === name,
  );
  if (name !== undefined && chosen.length === 0) {
    throw new DrillFailure(`there is no drill "${name}"; these are there:\n${listing()}`);
  }
  const { seed, buyers, units, method, minutes, strikes, json, away, awayKind } = command.opts();
  return {
    ...{ drills: chosen, seed, buyers, units, method },
    ...{ minutes: minutes ?? null, strikes: strikes ?? null, json: json ?? null },
    ...{ awaySeconds: away ?? null, awayKind: awayKind ?? null },
  };
}

function integer(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < minimum || value > maximum) {
      throw new InvalidArgumentError(`It takes a whole number from ${minimum} to ${maximum}.`);
    }
    return value;
  };
}
