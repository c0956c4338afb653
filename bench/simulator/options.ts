import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';

export interface SimulateOptions {
  /** Both included. */
  seeds: { from: number; to: number };
  /** Places of the decisions that are made, of one seed; null for all. */
  only: readonly number[] | null;
  /** Whether every step is shown. */
  showsStory: boolean;
  lanes: number;
  json: string | null;
}

/** Of two processes that wait for each other's stores by turns, two cores keep three busy. */
const lanesByDefault = availableParallelism() + 1;

/** The command line. commander prints help and errors itself. */
export function simulateCommand(): Command {
  return new Command('npm run simulate --')
    .description(
      'Simulates sales: the real scripts on a real Redis and the real saga on a real Postgres, on a clock that is set,\n' +
        'with buyers, workers, operators and providers that take turns step by step as a seed decides, die, and lose\n' +
        'replies. Everything that is promised is checked after every step, and once more when all has come to its end.\n' +
        'The same seed is the same schedule, with the same outcome. Exits with 1 where a promise was broken.',
    )
    .option('--seeds <range>', 'which ones, e.g. 7 or 1..10000 (default: 1..200)', range)
    .option('--only <places>', 'makes these decisions of one seed alone, e.g. 3,17,21..24', places)
    .option('--story', 'shows every step of one seed')
    .option('--lanes <count>', 'simulations beside each other', laneCount, lanesByDefault)
    .option('--json <file>', 'write what came out there', (file) => resolve(file))
    .addHelpText(
      'after',
      '\nExamples:\n  npm run simulate -- --seeds 1..10000 --json simulated.json\n' +
        '  npm run simulate -- --seeds 4711 --story',
    )
    .allowExcessArguments(false);
}

/** Options of a command that was parsed. Ends the program where they do not go together. */
export function optionsOf(command: Command): SimulateOptions {
  const { seeds = { from: 1, to: 200 }, only = null, story = false, lanes, json = null } = command.opts();
  if ((only !== null || story) && seeds.from !== seeds.to) {
    command.error('error: --only and --story take one seed, e.g. --seeds 7');
  }
  return { seeds, only, showsStory: story, lanes, json };
}

const seedMax = 4_294_967_295;

function range(text: string): SimulateOptions['seeds'] {
  const [, first, last = first] = /^(\d{1,10})(?:\.\.(\d{1,10}))?$/.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (first === undefined || from > to || to > seedMax) {
    throw new InvalidArgumentError(
      `It takes a seed or a range of them from 0 to ${seedMax}, e.g. 7 or 1..100.`,
    );
  }
  return { from, to };
}

function places(text: string): number[] {
  const found = text.split(',').map((part) => /^(\d{1,4})(?:\.\.(\d{1,4}))?$/.exec(part));
  if (found.includes(null)) throw new InvalidArgumentError('It takes places like 3,17,21..24.');
  return found.flatMap((part) => {
    const [from, to] = [Number(part?.[1]), Number(part?.[2] ?? part?.[1])];
    return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
  });
}

function laneCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > 15) {
    throw new InvalidArgumentError('It takes a whole number from 1 to 15.');
  }
  return count;
}
