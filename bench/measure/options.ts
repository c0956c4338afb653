import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { whyNoFolder } from '../demo/writable.ts';
import { file, folder, integer, scenarioNames, thresholds, webUrl } from './arguments.ts';
import { type Catalogue, flags, namesOf } from './catalogue.ts';
import { type Choice, complaintAbout, scenariosOf, unreadFlags } from './choice.ts';
import type { Options } from './subject.ts';

const allResults = fileURLToPath(new URL('../results', import.meta.url));

/** Of a run that names its scenarios, and of one that does not. */
const thorough = { rounds: 5, seconds: 5 };
const brisk = { rounds: 3, seconds: 1 };

/** The command line. commander prints help and errors itself. */
export function benchCommand(catalogue: Catalogue, hasWrk: boolean): Command {
  return new Command('npm run bench --')
    .description(
      'Starts the whole system and measures it. Subject and opponents take turns in one run; figures are\n' +
        'medians over the rounds. Exits with 99 where an answer was not the expected one, an audit is not clean,\n' +
        'or a threshold is not kept.',
    )
    .option(
      '--scenario <names>',
      'what is measured, separated by commas; may be repeated; "all" is everything',
      scenarioNames(namesOf(catalogue)),
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
      'measure a system that runs already, by its public URL; AUTH_SECRET must be its own. Sales are opened there, and closed at the end',
      webUrl,
    )
    .option(
      '--provider-is-simulated',
      'what is paid there is play money: scenarios that pay are possible, too',
      false,
    )
    .option('--operator <url>', "its operator's URL (default: port 3001 of the same host)", webUrl)
    .option(
      '--compare <runs...>',
      'measure nothing: say whether two earlier runs (folders or JSON files) agree; exits with 1 where not',
    )
    .option('--watchers <count>', 'sockets that watch', integer(10, 100_000), 15_000)
    .option('--buyers <count>', 'of the herd', integer(10, 1_000_000), 20_000)
    .option('--large', 'waiting rooms of 10 million, draws of one million', false)
    .option('--results <folder>', 'where the folder of the run goes (default: bench/results)', folder)
    .option('--json <file>', 'write what was found there as JSON, too', file)
    .option('--profile <file>', 'write a CPU profile of the gateway under load there', file)
    .addHelpText('after', () => `\n${listing(catalogue)}\n`)
    .allowExcessArguments(false);
}

/** What was asked for. Ends the program through commander where it makes no sense. */
export function optionsOf(command: Command, catalogue: Catalogue): Options {
  const given = command.opts();
  const isGiven = (name: string) => command.getOptionValueSource(name) === 'cli';
  const compare: string[] | undefined = given.compare;
  if (compare) {
    const others = Object.keys(given).filter((name) => name !== 'compare' && isGiven(name));
    if (others[0]) command.error(`error: --compare measures nothing, so it takes no --${others[0]}`);
    if (compare.length !== 2) command.error(`error: --compare takes two runs, not ${compare.length}`);
  }
  for (const [name, flag] of [
    ['operator', 'operator'],
    ['providerIsSimulated', 'provider-is-simulated'],
  ] as const) {
    if (isGiven(name) && !given.against) command.error(`error: --${flag} goes with --against`);
  }
  const usual = given.scenario ? thorough : brisk;
  const choice: Choice = {
    named: given.scenario ?? null,
    flags: flags.filter(isGiven),
    watchers: given.watchers,
    rounds: given.rounds ?? usual.rounds,
    seconds: given.duration ?? usual.seconds,
    thresholds: given.threshold ?? [],
    against: given.against
      ? { isProviderSimulated: given.providerIsSimulated || isLoopback(given.against) }
      : null,
  };
  const complaint =
    complaintAbout(choice, catalogue) ?? (compare ? null : whyNoFolder(given.results ?? allResults));
  if (complaint !== null) command.error(`error: ${complaint}`);
  return {
    scenarios: scenariosOf(choice, catalogue),
    rounds: choice.rounds,
    seconds: choice.seconds,
    connections: given.connections,
    generator: given.generator,
    rate: given.rate ?? null,
    watchers: given.watchers,
    buyers: given.buyers,
    isLarge: given.large,
    thresholds: [...choice.thresholds],
    against: given.against ? { origin: given.against, operatorOrigin: operatorOf(given) } : null,
    compare: compare ? [resolve(compare[0] as string), resolve(compare[1] as string)] : null,
    results: given.results ?? allResults,
    json: given.json ?? null,
    profile: given.profile ?? null,
    notes: compare ? [] : unreadFlags(choice, catalogue),
  };
}

/** A system on this machine is nobody's shop. */
const isLoopback = (url: string): boolean =>
  /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(url).hostname);

/** The scenarios, and which flags they read: what `--help` ends with. */
function listing(catalogue: Catalogue): string {
  const names = namesOf(catalogue);
  const widest = Math.max(...names.map((name) => name.length));
  const line = (name: string, text: string, mark = ' ') => `  ${mark} ${name.padEnd(widest)}  ${text}`;
  const readBy = (flag: (typeof flags)[number]) => namesOf(catalogue, ({ reads }) => reads.includes(flag));
  return [
    'Scenarios (* without --scenario):',
    ...names.map((name) => line(name, catalogue[name]?.about ?? '', catalogue[name]?.isDefault ? '*' : ' ')),
    '',
    'Which scenarios read which option:',
    ...flags.map((flag) => line(`--${flag}`, readBy(flag).join(', '))),
    '',
    `Possible with --against: ${namesOf(catalogue, ({ isRemote }) => isRemote === true).join(', ')};`,
    `of these pay, and take --provider-is-simulated, unless that is on this machine: ${namesOf(catalogue, (facts) => facts.isRemote === true && facts.pays === true).join(', ')}.`,
  ].join('\n');
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

function operatorOf({ against, operator }: { against?: string; operator?: string }): string {
  if (operator) return operator;
  const url = new URL(against as string);
  url.port = '3001';
  return url.origin;
}
