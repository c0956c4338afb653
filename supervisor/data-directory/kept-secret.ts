import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StartFailure } from '../start-failure.ts';

/**
 * A secret of 43 characters (256 random bits) that is made once and kept in the data directory, readable
 * by its owner only, so that what was signed yesterday still holds today.
 */
export async function keptSecret(dataDirectory: string, name: string): Promise<string> {
  const directory = join(dataDirectory, 'secrets');
  const path = join(directory, name);
  const kept = await readFile(path, 'utf8').catch(() => null);
  if (kept !== null) {
    if (kept.length >= 32) return kept;
    throw new StartFailure(
      `DATA_DIR: ${path} is damaged; restore it, or remove ${dataDirectory} to start anew`,
    );
  }
  const secret = randomBytes(32).toString('base64url');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(path, secret, { mode: 0o600, flag: 'wx', flush: true });
  return secret;
}
