import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identityOf } from '../processes/identity.ts';
import { StartFailure } from '../start-failure.ts';

export interface InstanceLock {
  /** The lock of a run that was killed was found and taken over: its processes may be on their way out. */
  wasAbandoned: boolean;
  release(): void;
}

/**
 * Makes this process the only one on a data directory. The lock of a process that lives no more is taken
 * over, also when its pid has been given to another since.
 */
export function lockDirectory(directory: string): InstanceLock {
  const path = join(directory, 'supervisor.pid');
  const own = JSON.stringify({ pid: process.pid, startedAt: identityOf(process.pid)?.startedAt ?? '' });
  let wasAbandoned = false;
  for (;;) {
    if (linkNew(path, own)) return { wasAbandoned, release: () => rmSync(path, { force: true }) };
    const holder = holderOf(path);
    if (holder !== null && isAlive(holder)) {
      throw new StartFailure(
        `DATA_DIR: ${directory} is in use by the instance with pid ${holder.pid}; stop that one, or set DATA_DIR to another directory`,
      );
    }
    wasAbandoned = true;
    rmSync(path, { force: true });
  }
}

interface Holder {
  pid: number;
  startedAt: string;
}

/** The file appears complete or not at all, and only where there was none. */
function linkNew(path: string, content: string): boolean {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, content);
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function holderOf(path: string): Holder | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder;
  } catch {
    return null;
  }
}

const isAlive = ({ pid, startedAt }: Holder): boolean => identityOf(pid)?.startedAt === startedAt;
