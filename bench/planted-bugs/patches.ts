import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** A bug on purpose, as its patch tells. */
export interface PlantedBug {
  name: string;
  /** What it does, in a sentence. */
  summary: string;
  /** Test files, each of which fails with it; the first one says most about the promise. */
  guards: readonly string[];
  /** Path of the patch. */
  patch: string;
}

const directory = import.meta.dirname;
const firstLine = /^# (?<summary>.+\.) Caught by (?<guards>\S+(?: \S+)*)$/;

/** Every bug that is kept here, by name. Throws where a patch does not say what it does and what catches it. */
export function plantedBugs(): PlantedBug[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith('.patch'))
    .sort()
    .map((file) => {
      const patch = join(directory, file);
      const [line = ''] = readFileSync(patch, 'utf8').split('\n', 1);
      const { summary, guards } = firstLine.exec(line)?.groups ?? {};
      if (!summary || !guards) {
        throw new Error(
          `the first line of ${file} has to be "# What it does. Caught by a.test.ts b.test.ts"`,
        );
      }
      return { name: basename(file, '.patch'), summary, guards: guards.split(' '), patch };
    });
}
