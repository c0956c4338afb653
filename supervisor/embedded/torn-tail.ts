import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Cuts off what a power loss left of the last transaction in the append-only file of a Redis that does not run.
 *
 * Redis 7.0 does not: where the file ends within a command of a transaction, it keeps the commands before that one
 * behind their MULTI, and the EXEC of whatever it writes next makes them happen when the file is loaded once
 * more. A reservation without its counters came back so in the drill `aof-cut` (docs/adr/0030). Its own checker knows
 * where a transaction began. Does nothing where that program is missing; Redis itself judges a file that cannot be
 * mended.
 *
 * @param binary - the Redis server; its checker lies beside it
 * @param directory - where the append-only file is kept
 */
export async function cutTornTail(binary: string, directory: string): Promise<void> {
  const manifest = join(directory, 'appendonlydir', 'appendonly.aof.manifest');
  const checker = join(dirname(binary), basename(binary).replace(/server$/, 'check-aof'));
  if (!existsSync(manifest) || !existsSync(checker)) return;
  const check = spawn(checker, ['--fix', manifest], { stdio: ['pipe', 'ignore', 'ignore'] });
  // It asks before it cuts. What needs no cut does not ask, and may be gone before it is told.
  check.stdin.on('error', () => {});
  check.stdin.end('y\n');
  await Promise.race([once(check, 'exit'), once(check, 'error')]);
}
