import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { startLeashed } from '../processes/leash.ts';
import type { RunningProcess } from '../processes/running.ts';
import { endLeftover } from './leftover.ts';
import { cutTornTail } from './torn-tail.ts';

export interface RedisOptions {
  /** The program, from `findRedis`. */
  binary: string;
  /** Where its append-only file is kept; made if missing. */
  directory: string;
  port: number;
  password: string;
  logFile: string;
}

export const redisUrl = (port: number, password: string): string =>
  `redis://:${password}@127.0.0.1:${port}/0`;

/**
 * Starts a private Redis on loopback, durable to each command; it is ready once it has loaded its data.
 * A Redis that an earlier run left on the same directory is ended first.
 */
export async function startRedis(options: RedisOptions): Promise<RunningProcess> {
  const { directory, port, password } = options;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const configFile = join(directory, 'redis.conf');
  await endLeftover(join(directory, 'redis.pid'), configFile);
  await cutTornTail(options.binary, directory);
  await writeFile(configFile, configuration(options), { mode: 0o600 });
  return startLeashed({
    command: options.binary,
    args: [configFile],
    stopSignal: 'TERM',
    graceMs: 5_000,
    cwd: directory,
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
    logFile: options.logFile,
    answers: () => answers(port, password),
  });
}

/** The proc title is left alone so that a later start can recognise what an earlier one left behind. */
const configuration = ({ directory, port, password }: RedisOptions) => `\
bind 127.0.0.1
port ${port}
requirepass ${password}
dir ${JSON.stringify(directory)}
pidfile ${JSON.stringify(join(directory, 'redis.pid'))}
daemonize no
set-proc-title no
appendonly yes
appendfsync always
save ""
maxmemory-policy noeviction
hash-max-listpack-entries 128
hash-max-listpack-value 64
`;

/** False while it is starting or still loading its append-only file. */
async function answers(port: number, password: string): Promise<boolean> {
  const client = new Redis({
    host: '127.0.0.1',
    port,
    password,
    lazyConnect: true,
    connectTimeout: 2_000,
    retryStrategy: null,
    enableOfflineQueue: false,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.ping()) === 'PONG';
  } catch {
    return false;
  } finally {
    client.disconnect();
  }
}
