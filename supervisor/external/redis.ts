import { Redis } from 'ioredis';
import { tooOld } from '../embedded/redis-binary.ts';
import { reasonOf, StartFailure } from '../start-failure.ts';

/** Reaches the Redis of REDIS_URL once; returns its version, and what of its configuration endangers a sale. */
export async function checkRedis(url: string): Promise<{ version: string; warnings: string[] }> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 5_000,
    commandTimeout: 5_000,
    retryStrategy: null,
    maxRetriesPerRequest: 0,
  });
  let cause: unknown = null;
  client.on('error', (error) => {
    cause ??= error;
  });
  try {
    await client.connect();
    const info = await client.info('server');
    const version = /redis_version:(\S+)/.exec(info)?.[1] ?? '0.0.0';
    const problem = tooOld(version);
    if (problem !== null) throw new StartFailure(`REDIS_URL: this is ${problem}`);
    return { version, warnings: await doubts(client) };
  } catch (error) {
    if (error instanceof StartFailure) throw error;
    const { host } = new URL(url);
    throw new StartFailure(`REDIS_URL: the Redis at ${host} cannot be used (${reasonOf(cause ?? error)})`);
  } finally {
    client.disconnect();
  }
}

const wanted = { appendonly: 'yes', appendfsync: 'always', 'maxmemory-policy': 'noeviction' };

async function doubts(client: Redis): Promise<string[]> {
  const warnings: string[] = [];
  for (const [name, value] of Object.entries(wanted)) {
    // A hosted Redis may not say.
    const [, found] = (await client.config('GET', name).catch(() => [])) as string[];
    if (found !== undefined && found !== value) {
      warnings.push(`REDIS_URL: ${name} is ${found}; set it to ${value}, or what was sold can be forgotten`);
    }
  }
  return warnings;
}
