import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { identityOf } from '../processes/identity.ts';
import { postgresUrl } from './postgres.ts';

/** Its line of `postmaster.pid`, from 0. */
const portLine = 3;

/**
 * The URL of the database that an instance on this data directory is running with, for commands that look
 * into it from beside; null where none runs.
 */
export function runningPostgresUrl(dataDirectory: string): string | null {
  try {
    const directory = join(dataDirectory, 'postgres');
    const lines = readFileSync(join(directory, 'postmaster.pid'), 'utf8').split('\n');
    // The file outlives a process that was killed, and its pid may have been given to another since.
    const isOurs = identityOf(Number(lines[0]))?.commandLine.includes(directory) ?? false;
    const password = readFileSync(join(dataDirectory, 'secrets', 'postgres'), 'utf8');
    return isOurs ? postgresUrl(Number(lines[portLine]), password, 'doorbuster') : null;
  } catch {
    return null;
  }
}
