import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../fixtures/temporary-directory.ts';
import { keptSecret } from './kept-secret.ts';

test('a secret is made once, long, and readable by its owner only', async () => {
  const directory = await temporaryDirectory();
  const secret = await keptSecret(directory, 'auth');
  expect(secret).toMatch(/^[\w-]{43}$/);
  expect(await keptSecret(directory, 'auth')).toBe(secret);
  expect(await keptSecret(directory, 'token')).not.toBe(secret);
  const path = join(directory, 'secrets', 'auth');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readFile(path, 'utf8')).toBe(secret);
});

test('a damaged secret is not replaced: what it signed would be worth nothing', async () => {
  const directory = await temporaryDirectory();
  await keptSecret(directory, 'auth');
  await writeFile(join(directory, 'secrets', 'auth'), 'x');
  await expect(keptSecret(directory, 'auth')).rejects.toThrow('secrets/auth is damaged; restore it');
});
