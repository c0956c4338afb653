import { access, chmod, constants, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { StartFailure } from '../start-failure.ts';
import { type InstanceLock, lockDirectory } from './instance-lock.ts';

export interface DataDirectory {
  /** Absolute. */
  path: string;
  lock: InstanceLock;
  logFile(name: string): string;
}

/** Makes the data directory where it is missing, and this process its only user. */
export async function openDataDirectory(setting: string): Promise<DataDirectory> {
  const path = resolve(setting);
  const logs = join(path, 'logs');
  try {
    const made = await mkdir(path, { recursive: true });
    // Postgres may run as another account and has to pass through, whatever the umask.
    if (made !== undefined) await chmod(path, 0o711);
    await access(path, constants.W_OK | constants.X_OK);
    await mkdir(logs, { recursive: true, mode: 0o700 });
    const lock = lockDirectory(path);
    return { path, lock, logFile: (name) => join(logs, `${name}.log`) };
  } catch (error) {
    if (error instanceof StartFailure) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new StartFailure(
      `DATA_DIR: ${path} cannot be written (${code ?? message}); set DATA_DIR to another directory`,
    );
  }
}
