import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Redis } from 'ioredis';
import { loadScripts, type Script } from './script-loader.ts';
import { RedisUnavailable, StaleEpoch } from './unavailable.ts';

const scripts = loadScripts(path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../lua'));

/** What a script answers, before a stage decodes it: integers, strings and lists of them. */
export type Reply = (number | string | Reply)[];

/** The script of that name; a name without a file is a bug. */
export function script(name: string): Script {
  const found = scripts.get(name);
  if (!found) throw new Error(`no script lua/${name}-….lua`);
  return found;
}

let requests = 0;
const processTag = `${process.pid.toString(36)}${Date.now().toString(36)}`;

/** Names one request of this process; no other process ever says the same. */
export const nextRequestId = (): string => `${processTag}-${(++requests).toString(36)}`;

/**
 * One call of a script. The first argument of every script is a request id, and the first element of
 * every reply is its echo: an answer to another question is never taken for ours, it ends the connection.
 *
 * Throws `RedisUnavailable` where the outcome is unknown (timeout, dropped connection, loading), `StaleEpoch`
 * where Redis has lost part of the sale, and any other error where the script itself failed, which is a bug.
 */
export async function run(
  redis: Redis,
  { name, sha, source, keyCount, keysPerElement }: Script,
  keys: string[],
  args: (string | number | Buffer)[],
): Promise<Reply> {
  if (keysPerElement ? keys.length < keyCount : keys.length !== keyCount) {
    throw new Error(`${name} takes ${keyCount} keys, got ${keys.length}`);
  }
  const { stream } = redis;
  /** A connection that lost a reply would hand every later one to the wrong question. */
  const hangUp = () => {
    if (redis.stream === stream) stream?.destroy();
  };
  let reply: Reply;
  try {
    reply = await evaluate(redis, sha, source, keys, args);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error.message === 'Command timed out') hangUp();
    if (error.message.startsWith('LOST')) throw new StaleEpoch(`${name}: ${error.message}`);
    if (isAbsence(error)) throw new RedisUnavailable(`${name}: ${error.message}`);
    // ioredis adds what was asked: of a whole batch, and so in the log of each who was in it.
    delete (error as { command?: unknown }).command;
    throw error;
  }
  const echo = Array.isArray(reply) ? reply[0] : reply;
  if (echo !== args[0]) {
    hangUp();
    throw new RedisUnavailable(`${name}: the reply to ${args[0]} answers ${String(echo)}`);
  }
  return reply;
}

/** By its digest; with its source where this Redis has not met it yet. */
async function evaluate(
  redis: Redis,
  sha: string,
  source: string,
  keys: string[],
  args: (string | number | Buffer)[],
): Promise<Reply> {
  try {
    return (await redis.evalsha(sha, keys.length, ...keys, ...args)) as Reply;
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return (await redis.eval(source, keys.length, ...keys, ...args)) as Reply;
  }
}

/** Errors that say nothing about what the command did: Redis is away, starting, full, or read-only. */
function isAbsence(error: Error): boolean {
  return (
    /^(LOADING|BUSY|READONLY|MASTERDOWN|CLUSTERDOWN|MISCONF|NOREPLICAS|OOM|TRYAGAIN)\b/.test(error.message) ||
    /Connection is closed|Command timed out|isn't writeable|aborted due to connection close|max retries per request|ECONN|EPIPE|ETIMEDOUT/.test(
      error.message,
    )
  );
}
