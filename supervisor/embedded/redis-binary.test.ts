import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../fixtures/temporary-directory.ts';
import { findRedis } from './redis-binary.ts';

const say = () => {};

/** A directory with programs that are shell scripts. */
async function directoryWith(programs: Record<string, string>): Promise<string> {
  const directory = join(await temporaryDirectory(), 'bin');
  await mkdir(directory);
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(directory, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(directory, name), 0o755);
  }
  return directory;
}

test('takes redis-server from the PATH, else valkey-server', async () => {
  const valkey = await directoryWith({ 'valkey-server': 'echo "Valkey server v=8.0.1 sha=0"' });
  const redis = await directoryWith({ 'redis-server': 'echo "Redis server v=7.2.5 sha=0"' });
  expect(await findRedis({ searchPath: `${valkey}:${redis}`, say })).toMatchObject({
    product: 'Redis',
    version: '7.2.5',
  });
  expect(await findRedis({ searchPath: valkey, say })).toMatchObject({
    product: 'Valkey',
    version: '8.0.1',
    path: join(valkey, 'valkey-server'),
  });
});

test('an old Redis is refused in one line', async () => {
  const searchPath = await directoryWith({ 'redis-server': 'echo "Redis server v=6.2.14 sha=0"' });
  await expect(findRedis({ searchPath, say })).rejects.toThrow(
    `${searchPath}/redis-server is Redis 6.2.14, which is too old: at least 7.0 is needed`,
  );
});

test('without Redis the package manager installs it, and nothing is asked', async () => {
  const searchPath = await directoryWith({});
  await writeFile(
    join(searchPath, 'apt-get'),
    `#!/bin/sh
echo "$DEBIAN_FRONTEND $*" >> ${searchPath}/calls
[ "$1" = install ] || exit 0
printf '#!/bin/sh\\necho "Redis server v=7.0.15 sha=0"\\n' > ${searchPath}/redis-server
/bin/chmod 755 ${searchPath}/redis-server
`,
    { mode: 0o755 },
  );
  const said: string[] = [];
  const found = await findRedis({ searchPath, mayInstall: true, say: (line) => said.push(line) });
  expect(found.version).toBe('7.0.15');
  expect(said).toEqual(['Redis is not installed; running apt-get install redis-server …']);
  expect(await readFile(join(searchPath, 'calls'), 'utf8')).toBe(
    'noninteractive update\nnoninteractive install -y --no-install-recommends redis-server\n',
  );
});

test('where it cannot be installed, the line says what to do', async () => {
  const empty = await directoryWith({});
  const failing = await directoryWith({ 'apt-get': 'echo "Temporary failure resolving" >&2; exit 100' });
  await expect(findRedis({ searchPath: empty, mayInstall: true, say })).rejects.toThrow(
    'neither redis-server nor valkey-server was found on the PATH: install Redis 7 or Valkey, or set REDIS_URL',
  );
  await expect(findRedis({ searchPath: failing, mayInstall: false, say })).rejects.toThrow(
    'neither redis-server nor valkey-server was found on the PATH: run "sudo apt-get install redis-server", or set REDIS_URL',
  );
  await expect(findRedis({ searchPath: failing, mayInstall: true, say })).rejects.toThrow(
    /"apt-get update" failed \(.*\); install it or set REDIS_URL$/,
  );
});
