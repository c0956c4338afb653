import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Options } from './subject.ts';

/** The command line. commander prints help and errors itself. */
export function benchCommand(scenarios: readonly string[], hasWrk: boolean): Command {
  return new Command('npm run bench --')
    .description(
      'Starts the whole system and measures it. Subject and opponents take turns in one run; figures are\n' +
        'medians over the rounds. Exits with 99 where an answer was not the expected one or an audit is not clean.',
    )
    .addOption(
      new Option('--scenario <name>', 'what is measured').choices([...scenarios]).makeOptionMandatory(),
    )
    .option('--rounds <count>', 'how often each side is measured', integer(1, 100), 5)
    .option('--duration <seconds>', 'of a round', integer(1, 600), 5)
    .option('--connections <count>', 'of the load generator', integer(1, 10_000), 128)
    .addOption(
      new Option('--generator <name>', 'of load over HTTP')
        .choices(['wrk', 'autocannon'])
        .default(hasWrk ? 'wrk' : 'autocannon'),
    )
    .option('--rate <perSecond>', 'of open loops (default: half of the maximum)', integer(1, 1_000_000))
    .option('--watchers <count>', 'sockets that watch', integer(10, 100_000), 15_000)
    .option('--large', 'waiting rooms of 10 million, too', false)
    .option('--json <file>', 'write what was found there as JSON', (file) => resolve(file))
    .option('--profile <file>', 'write a CPU profile of the gateway under load there', (file) =>
      resolve(file),
    )
    .allowExcessArguments(false);
}

export function optionsOf(command: Command): Options {
  const given = command.opts();
  return {
    scenario: given.scenario,
    rounds: given.rounds,
    seconds: given.duration,
    connections: given.connections,
    generator: given.generator,
    rate: given.rate ?? null,
    watchers: given.watchers,
    isLarge: given.large,
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

function integer(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < minimum || value > maximum) {
      throw new InvalidArgumentError(`It takes a whole number from ${minimum} to ${maximum}.`);
    }
    return value;
  };
}
