import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { StartFailure } from '../start-failure.ts';

const run = promisify(execFile);

export interface Account {
  uid: number;
  gid: number;
}

/**
 * Whom Postgres runs as, which refuses to be root: null (as we are) unless we are root; else the owner of
 * the data where there is some, else `postgres`, else `nobody`. No account is made.
 */
export async function postgresAccount(dataDirectory: string): Promise<Account | null> {
  if (process.getuid?.() !== 0) return null;
  const owner = await stat(dataDirectory).catch(() => null);
  if (owner !== null && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const account = (await accountNamed('postgres')) ?? (await accountNamed('nobody'));
  if (account === null) {
    throw new StartFailure(
      'Postgres does not run as root, and there is no account "postgres" or "nobody": run as another user, or set DATABASE_URL',
    );
  }
  return account;
}

async function accountNamed(name: string): Promise<Account | null> {
  try {
    const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, name])));
    return { uid: Number(uid?.stdout), gid: Number(gid?.stdout) };
  } catch {
    return null;
  }
}

/**
 * The command as that account. Where a directory on the way to `paths` is closed to it (a checkout under
 * /root is, by default), it keeps the one capability that lets it pass, and nothing else of root.
 */
export async function asAccount(
  account: Account | null,
  command: string,
  args: readonly string[],
  paths: readonly string[],
): Promise<{ command: string; args: readonly string[]; account?: Account }> {
  if (account === null) return { command, args };
  const isOpen = (await Promise.all(paths.map((path) => isReachable(account, path)))).every(Boolean);
  if (isOpen) return { command, args, account };
  return {
    command: 'setpriv',
    args: [
      ...[`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups'],
      // Without that bit access(2), by which Postgres looks for its own programs, ignores the capability.
      ...['--inh-caps=+dac_override', '--ambient-caps=+dac_override', '--securebits=+no_setuid_fixup'],
      ...[command, ...args],
    ],
  };
}

/** Whether every directory above `path` may be passed through. */
async function isReachable({ uid, gid }: Account, path: string): Promise<boolean> {
  for (let directory = dirname(path); ; directory = dirname(directory)) {
    const { mode, uid: owner, gid: group } = await stat(directory);
    const bit = owner === uid ? 0o100 : group === gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (directory === dirname(directory)) return true;
  }
}
