import { readFileSync } from 'node:fs';
import { readSettings, type Settings } from '../engine/contracts/settings.ts';
import { TrustedProxies } from './guard/address.ts';

/** What a plane cannot run without. */
const required = ['REDIS_URL', 'DATABASE_URL', 'TOKEN_SECRET'] as const;

export type PlaneSettings = Settings & Record<(typeof required)[number], string>;

/** Ends the process for a reason that its starter can do something about. */
export function fail(lines: readonly string[]): never {
  process.stderr.write(`${lines.join('\n')}\n`);
  process.exit(1);
}

/** The settings of this process, or an end that names every variable at fault. */
export function settingsOrFail(): PlaneSettings {
  const read = readSettings(process.env);
  if (read.kind === 'invalid') return fail(read.problems);
  const { settings } = read;
  const absent = required.filter((name) => !settings[name]);
  if (absent.length > 0) return fail(absent.map((name) => `${name}: is required here; npm start sets it`));
  if (!settings.AUTH_SECRET && !settings.AUTH_JWKS_URL) {
    return fail(['AUTH_SECRET: is required here; npm start sets it']);
  }
  try {
    new TrustedProxies(settings.TRUSTED_PROXIES);
  } catch (error) {
    return fail([(error as RangeError).message]);
  }
  return settings as PlaneSettings;
}

/** The version that the documents carry. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
