import { execFile } from 'node:child_process';
import { chown, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { reasonOf, StartFailure } from '../start-failure.ts';
import { asAccount, postgresAccount } from './postgres-account.ts';

const run = promisify(execFile);
const major = '18';

/**
 * Makes the data directory of a new cluster unless it is there already. It appears under its name only
 * when it is complete, so a start that was killed half-way leaves nothing that looks like data.
 */
export async function ensureCluster(directory: string, initdb: string, password: string): Promise<void> {
  const version = await readFile(join(directory, 'PG_VERSION'), 'utf8').catch(() => null);
  if (version?.trim() === major) return;
  if (version !== null) {
    throw new StartFailure(`${directory} was made by Postgres ${version.trim()}; this is Postgres ${major}`);
  }
  const unfinished = `${directory}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  const account = await postgresAccount(directory);
  const secrets = await mkdtemp(join(dirname(directory), 'initdb-'));
  const passwordFile = join(secrets, 'password');
  try {
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (account !== null) {
      for (const path of [unfinished, secrets, passwordFile]) await chown(path, account.uid, account.gid);
    }
    // The built-in locale sorts and folds case alike on every machine, whatever its libc knows.
    const args = [
      ...['-D', unfinished, '--username=doorbuster', `--pwfile=${passwordFile}`, '--auth=scram-sha-256'],
      ...[
        '--encoding=UTF8',
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--no-instructions',
      ],
    ];
    const initialise = await asAccount(account, initdb, args, [initdb, unfinished]);
    await run(initialise.command, initialise.args, {
      cwd: unfinished,
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
      ...initialise.account,
    }).catch((error: Error & { stderr?: string }) => {
      const reason = error.stderr?.trim().split('\n').at(-1) || reasonOf(error);
      throw new StartFailure(`Postgres could not make its data in ${directory}: ${reason}`);
    });
    await rename(unfinished, directory);
  } finally {
    await rm(secrets, { recursive: true, force: true });
    await rm(unfinished, { recursive: true, force: true });
  }
}
