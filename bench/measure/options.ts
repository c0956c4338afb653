import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Options } from './subject.ts';
import { readThreshold, type Threshold } from './threshold.ts';

/** What is measured where no scenario is named: a few minutes with short rounds. */
export interface Catalogue {
  names: readonly string[];
  defaults: readonly string[];
  /** A line each for `--help`. */
  about: Readonly<Record<string, string>>;
}

const allResults = fileURLToPath(new URL('../results', import.meta.url));

/** Of a run that names its scenarios, and of one that does not. */
const thorough = { rounds: 5, seconds: 5 };
const brisk = { rounds: 3, seconds: 1 };

/** The command line. commander prints help and errors itself. */
export function benchCommand(catalogue: Catalogue, hasWrk: boolean): Command {
  const widest = Math.max(...catalogue.names.map((name) => name.length));
  return new Command('npm run bench --')
    .description(
      'Starts the whole system and measures it. Subject and opponents take turns in one run; figures are\n' +
        'medians over the rounds. Exits with 99 where an answer was not the expected one, an audit is not clean,\n' +
        'or a threshold is not kept.',
    )
    .option(
      '--scenario <names>',
      'what is measured, separated by commas; may be repeated; "all" is everything',
      scenarioNames(catalogue),
    )
    .option(
      '--rounds <count>',
      `how often each side is measured (default: ${thorough.rounds}, ${brisk.rounds} without --scenario)`,
      integer(1, 100),
    )
    .option(
      '--duration <seconds>',
      `of a round (default: ${thorough.seconds}, ${brisk.seconds} without --scenario)`,
      integer(1, 600),
    )
    .option('--connections <count>', 'of the load generator', integer(1, 10_000), 128)
    .addOption(
      new Option('--generator <name>', 'of load over HTTP')
        .choices(['wrk', 'autocannon'])
        .default(hasWrk ? 'wrk' : 'autocannon'),
    )
    .option('--rate <perSecond>', 'of open loops (default: half of the maximum)', integer(1, 1_000_000))
    .option(
      '--threshold <condition>',
      "what must hold, as 'reserve.p99<50' or 'reserve.pg-row-lock>=25'; may be repeated",
      thresholds,
    )
    .option(
      '--against <url>',
      'measure a system that runs already, by its public URL; AUTH_SECRET must be its own',
      webUrl,
    )
    .option('--operator <url>', "its operator's URL (default: port 3001 of the same host)", webUrl)
    .option(
      '--compare <runs...>',
      'measure nothing: say whether two earlier runs (folders or JSON files) agree; exits with 1 where not',
    )
    .option('--watchers <count>', 'sockets that watch', integer(10, 100_000), 15_000)
    .option('--buyers <count>', 'of the herd, and of each full round', integer(10, 1_000_000), 20_000)
    .option('--large', 'waiting rooms of 10 million, too', false)
    .option('--results <folder>', 'where the folder of the run goes (default: bench/results)', absolute)
    .option('--json <file>', 'write what was found there as JSON, too', absolute)
    .option('--profile <file>', 'write a CPU profile of the gateway under load there', absolute)
    .addHelpText(
      'after',
      `\nScenarios (* without --scenario):\n${catalogue.names
        .map(
          (name) =>
            `  ${catalogue.defaults.includes(name) ? '*' : ' '} ${name.padEnd(widest)}  ${catalogue.about[name] ?? ''}`,
        )
        .join('\n')}\n`,
    )
    .allowExcessArguments(false);
}

/** What was asked for. Ends the program through commander where it makes no sense. */
export function optionsOf(command: Command, catalogue: Catalogue): Options {
  const given = command.opts();
  const named: string[] | undefined = given.scenario;
  const scenarios = named ?? [...catalogue.defaults];
  const usual = named ? thorough : brisk;
  const compare: string[] | undefined = given.compare;
  if (compare && compare.length !== 2) {
    command.error(`error: --compare takes two runs, not ${compare.length}`);
  }
  const conditions: Threshold[] = given.threshold ?? [];
  for (const { text, scenario } of compare ? [] : conditions) {
    if (!scenarios.includes(scenario)) {
      const why = catalogue.names.includes(scenario) ? 'is not measured in this run' : 'is no scenario';
      command.error(`error: --threshold ${text}: "${scenario}" ${why} (${scenarios.join(', ')})`);
    }
  }
  if (given.operator && !given.against) command.error('error: --operator goes with --against');
  return {
    scenarios,
    rounds: given.rounds ?? usual.rounds,
    seconds: given.duration ?? usual.seconds,
    connections: given.connections,
    generator: given.generator,
    rate: given.rate ?? null,
    watchers: given.watchers,
    buyers: given.buyers,
    isLarge: given.large,
    thresholds: conditions,
    against: given.against ? { origin: given.against, operatorOrigin: operatorOf(given) } : null,
    compare: compare ? [resolve(compare[0] as string), resolve(compare[1] as string)] : null,
    results: given.results ?? allResults,
    json: given.json ?? null,
    profile: given.profile ?? null,
  };
}

/** True where that program is on the PATH. */
export function isInstalled(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function scenarioNames({ names }: Catalogue): (text: string, before?: string[]) => string[] {
  return (text, before = []) => {
    const wanted = text === 'all' ? [...names] : text.split(',').filter(Boolean);
    for (const name of wanted) {
      if (!names.includes(name)) {
        throw new InvalidArgumentError(`"${name}" is no scenario; there are ${names.join(', ')}.`);
      }
    }
    return [...new Set([...before, ...wanted])];
  };
}

function thresholds(text: string, before: Threshold[] = []): Threshold[] {
  const threshold = readThreshold(text);
  if (threshold === null) {
    throw new InvalidArgumentError(`"${text}" is no condition such as 'reserve.p99<50'.`);
  }
  return [...before, threshold];
}

const absolute = (file: string): string => resolve(file);

function webUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new InvalidArgumentError('It takes a URL that begins with http:// or https://.');
  }
  return new URL(text).origin;
}

function operatorOf({ against, operator }: { against?: string; operator?: string }): string {
  if (operator) return operator;
  const url = new URL(against as string);
  url.port = '3001';
  return url.origin;
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
