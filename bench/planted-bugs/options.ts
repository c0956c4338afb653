import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { type PlantedBug, plantedBugs } from './patches.ts';

export interface PlantOptions {
  bugs: readonly PlantedBug[];
  isListing: boolean;
  json: string | null;
}

/** The command line. commander prints help and errors itself. */
export function plantCommand(): Command {
  return new Command('npm run planted-bugs --')
    .description(
      'Plants each bug of bench/planted-bugs in a copy of the last commit, one at a time, and runs the test that is\n' +
        'said to catch it, after that test was green without any. Exits with 1 where a bug was not caught.',
    )
    .option('--only <names>', 'of bugs, with commas (default: all)', named)
    .option('--list', 'say what there is, and plant nothing')
    .option('--json <file>', 'write what came out there', (file) => resolve(file))
    .addHelpText(
      'after',
      '\nExamples:\n  npm run planted-bugs\n  npm run planted-bugs -- --only limit-ignored,answers-shifted --json bugs.json',
    )
    .allowExcessArguments(false);
}

export function optionsOf(command: Command): PlantOptions {
  const { only = plantedBugs(), list = false, json = null } = command.opts();
  return { bugs: only, isListing: list, json };
}

function named(text: string): PlantedBug[] {
  const all = plantedBugs();
  return text.split(',').map((name) => {
    const bug = all.find((one) => one.name === name.trim());
    if (!bug) {
      const names = all.map((one) => one.name).join(', ');
      throw new InvalidArgumentError(`There is no bug "${name}"; these are there: ${names}.`);
    }
    return bug;
  });
}
