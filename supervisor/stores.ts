import { join } from 'node:path';
import type { Settings } from '../engine/contracts/settings.ts';
import { keptSecret } from './data-directory/kept-secret.ts';
import type { DataDirectory } from './data-directory/open.ts';
import { ensureDatabase, postgresUrl, startPostgres } from './embedded/postgres.ts';
import { findPostgres } from './embedded/postgres-binary.ts';
import { redisUrl, startRedis } from './embedded/redis.ts';
import { findRedis } from './embedded/redis-binary.ts';
import { checkPostgres } from './external/postgres.ts';
import { checkRedis } from './external/redis.ts';
import { freePort } from './ports.ts';
import { KeptProcess } from './processes/kept-process.ts';
import type { Tiers } from './processes/tiers.ts';

export interface StoreSurroundings {
  directory: DataDirectory;
  tiers: Tiers;
  say: (line: string) => void;
  warn: (line: string) => void;
}

/** The URL of the Redis to use: REDIS_URL where it is set, else that of a private one, started and kept running. */
export async function openRedis(settings: Settings, surroundings: StoreSurroundings): Promise<string> {
  const { directory, tiers, say, warn } = surroundings;
  if (settings.REDIS_URL !== undefined) {
    const { version, warnings } = await checkRedis(settings.REDIS_URL);
    warnings.forEach(warn);
    say(`Redis ${version} of REDIS_URL is reached`);
    return settings.REDIS_URL;
  }
  const binary = await findRedis({ say });
  const port = await freePort();
  const password = await keptSecret(directory.path, 'redis');
  const options = {
    binary: binary.path,
    directory: join(directory.path, 'redis'),
    port,
    password,
    logFile: directory.logFile('redis'),
  };
  await tiers.add('stores', new KeptProcess('Redis', () => startRedis(options), warn)).ready;
  say(`${binary.product} ${binary.version} is ready`);
  return redisUrl(port, password);
}

/** The URL of the database to use: DATABASE_URL where it is set, else one in a private Postgres. */
export async function openPostgres(settings: Settings, surroundings: StoreSurroundings): Promise<string> {
  const { directory, tiers, say, warn } = surroundings;
  if (settings.DATABASE_URL !== undefined) {
    const { version } = await checkPostgres(settings.DATABASE_URL);
    say(`Postgres ${version} of DATABASE_URL is reached`);
    return settings.DATABASE_URL;
  }
  const port = await freePort();
  const password = await keptSecret(directory.path, 'postgres');
  const options = {
    binaries: await findPostgres(),
    directory: join(directory.path, 'postgres'),
    port,
    password,
    logFile: directory.logFile('postgres'),
  };
  await tiers.add('stores', new KeptProcess('Postgres', () => startPostgres(options), warn)).ready;
  await ensureDatabase(postgresUrl(port, password, 'postgres'), 'doorbuster');
  const url = postgresUrl(port, password, 'doorbuster');
  say(`Postgres ${(await checkPostgres(url)).version} is ready`);
  return url;
}
