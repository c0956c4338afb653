import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { identityOf } from '../processes/identity.ts';
import { StartFailure } from '../start-failure.ts';

const patienceMs = 10_000;

/**
 * Ends the store that a killed run left on our data, if it still lives. Only a process whose command line
 * names `path` (its configuration or data directory) is ours to end; any other has merely been given the
 * same pid since. Returns the pid that the file names, which is then no store of ours; null without a file.
 *
 * The file stays: Postgres finds in it the shared memory by which it knows that sessions still live.
 */
export async function endLeftover(pidFile: string, path: string): Promise<number | null> {
  const text = await readFile(pidFile, 'utf8').catch(() => null);
  if (text === null) return null;
  const pid = Number.parseInt(text, 10);
  const isOurs = () => identityOf(pid)?.commandLine.includes(path) ?? false;
  const started = Date.now();
  let signal: NodeJS.Signals = 'SIGINT';
  while (isOurs()) {
    if (Date.now() - started > patienceMs) {
      throw new StartFailure(`process ${pid} still uses ${path} and cannot be ended`);
    }
    process.kill(pid, signal);
    await sleep(100);
    if (Date.now() - started > patienceMs / 2) signal = 'SIGKILL';
  }
  return pid;
}
