import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { whyNotWritable } from './writable.ts';

/** Waiting rooms that the demo can send its crowd into. */
export const demoMethods = ['fifo', 'queue', 'lottery'] as const;

export interface DemoOptions {
  method: (typeof demoMethods)[number];
  buyers: number;
  units: number;
  seed: number;
  /** Where the result is written as JSON; null for nowhere. */
  json: string | null;
  keep: boolean;
}

/** Seeds are 32 bits: the dice have no more state. */
const seedMax = 4_294_967_295;

/** The command line. commander prints help and errors itself; `exitOverride()` makes it testable. */
export function demoCommand(): Command {
  return new Command('npm run demo --')
    .description(
      'Starts the whole system, sends a rush of buyers against one sale, and audits what came out.\n' +
        'Four in five buyers come over WebSocket, the rest over HTTP. Exits with 0 only if the audit is clean.',
    )
    .option('--buyers <count>', 'how many come', integer(1, 200_000), 20_000)
    .option('--units <count>', 'how many units there are', integer(1, 1_000_000), 1000)
    .option(
      '--seed <number>',
      'of the behaviours; the same seed brings the same buyers (default: by the clock)',
      integer(0, seedMax),
    )
    .addOption(
      new Option('--method <method>', 'how turns are given: as they come, or drawn')
        .choices(demoMethods)
        .default('fifo'),
    )
    .option('--json <file>', 'write the result there as JSON', writableFile)
    .option('--keep', 'keep the system running afterwards, and its data, until Ctrl-C', false)
    .addHelpText(
      'after',
      '\nREDIS_URL and DATABASE_URL run it against your own stores; other settings pass through, see npm start -- --help,\n' +
        'but for those of providers and mails that would leave this machine.' +
        '\n\nExamples:\n  npm run demo\n  npm run demo -- --buyers 2000 --units 100 --seed 7\n  npm run demo -- --method queue --json out.json',
    )
    .allowExcessArguments(false);
}

/** Options of a command that was parsed. */
export function optionsOf(command: Command, now: Date): DemoOptions {
  const { method, buyers, units, seed, json, keep } = command.opts<Partial<DemoOptions>>();
  return {
    method: method as DemoOptions['method'],
    buyers: buyers as number,
    units: units as number,
    seed: seed ?? now.getTime() % 1_000_000,
    json: json ?? null,
    keep: keep === true,
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

function writableFile(text: string): string {
  const file = resolve(text);
  const why = whyNotWritable(file);
  if (why !== null) throw new InvalidArgumentError(why);
  return file;
}
