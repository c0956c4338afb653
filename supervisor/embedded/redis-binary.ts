import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { reasonOf, StartFailure } from '../start-failure.ts';

const run = promisify(execFile);
const programs = ['redis-server', 'valkey-server'];
const oldestVersion = [7, 0] as const;

/** How each package manager installs Redis without asking anything. */
const installers = [
  {
    command: 'apt-get',
    steps: [['update'], ['install', '-y', '--no-install-recommends', 'redis-server']],
    byHand: 'apt-get install redis-server',
  },
  { command: 'apk', steps: [['add', '--no-cache', 'redis']], byHand: 'apk add redis' },
  { command: 'dnf', steps: [['install', '-y', 'valkey']], byHand: 'dnf install valkey' },
];

export interface RedisBinary {
  path: string;
  /** `redis` or `valkey`. */
  product: string;
  version: string;
}

export interface Search {
  say: (line: string) => void;
  /** Directories as in PATH, which is the default. */
  searchPath?: string;
  /** Whether a package may be installed; by default, whether we are root. */
  mayInstall?: boolean;
}

/**
 * `redis-server` or `valkey-server` from the PATH; where there is neither and we are root, the system's
 * package manager installs it. Fails with one line that says what to do.
 */
export async function findRedis(search: Search): Promise<RedisBinary> {
  const { searchPath = process.env.PATH ?? '', mayInstall = process.getuid?.() === 0, say } = search;
  const path =
    (await firstExecutable(searchPath, programs)) ?? (await installRedis({ searchPath, mayInstall, say }));
  return readVersion(path);
}

async function firstExecutable(searchPath: string, names: readonly string[]): Promise<string | null> {
  for (const name of names) {
    for (const directory of searchPath.split(delimiter).filter(Boolean)) {
      const path = join(directory, name);
      if (await isExecutable(path)) return path;
    }
  }
  return null;
}

const isExecutable = (path: string) =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

async function installRedis({ searchPath, mayInstall, say }: Required<Search>): Promise<string> {
  for (const { command, steps, byHand } of installers) {
    const installer = await firstExecutable(searchPath, [command]);
    if (installer === null) continue;
    if (!mayInstall) throw missing(`run "sudo ${byHand}", or set REDIS_URL`);
    say(`Redis is not installed; running ${byHand} …`);
    await withoutServiceStarts(async () => {
      for (const step of steps) {
        await run(installer, step, {
          env: { ...process.env, PATH: searchPath, DEBIAN_FRONTEND: 'noninteractive' },
        }).catch((error: unknown) => {
          throw missing(
            `"${command} ${step.join(' ')}" failed (${reasonOf(error)}); install it or set REDIS_URL`,
          );
        });
      }
    });
    const path = await firstExecutable(searchPath, programs);
    if (path !== null) return path;
    throw missing(`"${byHand}" did not bring it; install it or set REDIS_URL`);
  }
  throw missing('install Redis 7 or Valkey, or set REDIS_URL');
}

/** Debian starts a service that it installs, unless this file says no; we want the program, not a service. */
async function withoutServiceStarts(install: () => Promise<void>): Promise<void> {
  const policy = '/usr/sbin/policy-rc.d';
  const isOurs = await writeFile(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755, flag: 'wx' }).then(
    () => true,
    () => false,
  );
  try {
    await install();
  } finally {
    if (isOurs) await rm(policy, { force: true });
  }
}

async function readVersion(path: string): Promise<RedisBinary> {
  const { stdout } = await run(path, ['--version']).catch((error: unknown) => {
    throw new StartFailure(`${path} does not run (${reasonOf(error)})`);
  });
  const version = /\bv=(\d+\.\d+\.\d+)/.exec(stdout)?.[1] ?? '0.0.0';
  const problem = tooOld(version);
  if (problem !== null) throw new StartFailure(`${path} is ${problem}`);
  return { path, product: /^valkey/i.test(stdout) ? 'Valkey' : 'Redis', version };
}

/** Null when that version will do, else the rest of a sentence about why not. */
export function tooOld(version: string): string | null {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isOlder = major < oldestVersion[0] || (major === oldestVersion[0] && minor < oldestVersion[1]);
  return isOlder ? `Redis ${version}, which is too old: at least ${oldestVersion.join('.')} is needed` : null;
}

const missing = (advice: string) =>
  new StartFailure(`neither redis-server nor valkey-server was found on the PATH: ${advice}`);
