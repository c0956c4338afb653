import { Command } from 'commander';
import { readSettings, type Settings, SettingsSchema } from '../engine/contracts/settings.ts';

/**
 * Reads the settings from the environment. `--help` prints every one of them and ends the process; a wrong
 * value prints a line each and ends it with exit code 1.
 */
export function readCommandLine(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Settings {
  new Command('npm start')
    .usage('-- [options]')
    .description('Starts Doorbuster: stores, migrations, workers, operator plane and gateways.')
    .addHelpText('after', `\nSettings, from environment variables:\n\n${settingsHelp()}`)
    .parse(argv);
  const read = readSettings(env);
  if (read.kind === 'settings') return read.settings;
  for (const problem of read.problems) console.error(problem);
  process.exit(1);
}

/** A line for each setting: name, what it is, default. */
export function settingsHelp(): string {
  const entries = Object.entries(SettingsSchema.properties);
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries
    .map(([name, schema]) => {
      const fallback = 'default' in schema && schema.default !== '' ? ` (default: ${schema.default})` : '';
      const description = 'description' in schema ? schema.description : '';
      return `  ${name.padEnd(width)}  ${description}${fallback}`;
    })
    .join('\n');
}
