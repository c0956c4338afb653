import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryDirectory } from '../fixtures/temporary-directory.ts';
import { openMailCatcher } from './mail-catcher.ts';

async function catching() {
  const directory = join(await temporaryDirectory(), 'mail');
  const catcher = await openMailCatcher(directory);
  onTestFinished(() => catcher.close());
  const transport = createTransport(catcher.url);
  const send = (changes: object) =>
    transport.sendMail({ from: 'shop@example.com', to: 'ana@example.com', text: 'Hello', ...changes });
  return { directory, send };
}

test('a mail is a file that only its owner reads, and one that comes again is the same file', async () => {
  const { directory, send } = await catching();
  const messageId = '<confirmation.ord_1@example.com>';
  await send({ subject: 'First', messageId });
  await send({ subject: 'Second', messageId });
  expect(await readdir(directory)).toEqual(['confirmation.ord_1.eml']);
  const file = join(directory, 'confirmation.ord_1.eml');
  expect(await readFile(file, 'utf8')).toMatch(/^Subject: Second\r$/m);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test('no Message-ID leads out of the directory, and a mail that is too large is none', async () => {
  const { directory, send } = await catching();
  await send({ messageId: '<../../evil@example.com>' });
  await expect(send({ text: 'x'.repeat(2 * 1024 * 1024) })).rejects.toMatchObject({ responseCode: 552 });
  const [only, ...more] = await readdir(directory);
  expect(only).toMatch(/^[0-9a-f-]{36}\.eml$/);
  expect(more).toEqual([]);
});
