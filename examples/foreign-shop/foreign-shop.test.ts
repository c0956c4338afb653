import { execFile } from 'node:child_process';
import { cpSync, readFileSync, symlinkSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type House, openHouse } from '../../gateway/fixtures/house.ts';
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../supervisor/fixtures/temporary-directory.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const readme = readFileSync(path.join(here, 'README.md'), 'utf8');
/** What a reader pastes, in order; what is installed is there already. */
const blocks = [...readme.matchAll(/```sh\n(.*?)```/gs)].map(([, text]) => text as string);
const pasted = blocks.filter((text) => !text.includes('npm install'));

let house: House;
let directory: TemporaryDirectory;
beforeAll(async () => {
  house = await openHouse();
  directory = await makeTemporaryDirectory('foreign-shop');
  cpSync(here, directory.path, { recursive: true });
  symlinkSync(path.join(here, '../../node_modules'), path.join(directory.path, 'node_modules'));
});
afterAll(async () => {
  await house.close();
  await directory.remove();
});

/** Runs a block in a shell, in a copy of the shop, against the house instead of the usual ports. */
function paste(block: string): Promise<{ code: number; said: string }> {
  const script = block
    .replaceAll('localhost:3000', `127.0.0.1:${house.port}`)
    .replaceAll('localhost:3001', `127.0.0.1:${house.operatorPort}`);
  return new Promise((resolve) => {
    execFile('/bin/sh', ['-eu', '-c', script], { cwd: directory.path }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), said: stdout + stderr }),
    );
  });
}

const inShop = (name: string) => path.join(directory.path, name);
const verify = (buyer = 'ana', sale = 'foreign-friday') =>
  paste(`node verify-token.js --keys jwks.json --sale ${sale} --buyer ${buyer} < token.txt`);

test('the commands of the README work as they are', async () => {
  expect(pasted).toHaveLength(2);
  const [granted, refused] = [await paste(pasted[0] as string), await paste(pasted[1] as string)];
  expect(granted.code, granted.said).toBe(0);
  expect(JSON.parse(granted.said)).toMatchObject({
    valid: true,
    reservation: expect.stringMatching(/^rsv_/),
    items: [{ sku: 'ps5', quantity: 1 }],
    total: { amount: 49_900, currency: 'USD' },
  });
  expect(refused).toMatchObject({ code: 0, said: expect.stringContaining('belongs to another buyer') });
  expect(refused.said).toContain('refused');
});

test('offline: the shop verifies with what it saved, and nothing else', async () => {
  expect(await verify()).toMatchObject({ code: 0 });
  expect(await verify('ana', 'another-sale')).toMatchObject({
    code: 1,
    said: expect.stringContaining('of the sale \\"foreign-friday\\"'),
  });
});

test('an altered token, a private one and one of a key that was not saved are refused', async () => {
  const genuine = readFileSync(inShop('token.txt'), 'utf8').trim();
  const [header, payload, signature] = genuine.split('.') as [string, string, string];
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const altered = Buffer.from(JSON.stringify({ ...claims, sub: 'bea' })).toString('base64url');
  await writeFile(inShop('token.txt'), [header, altered, signature].join('.'));
  expect(await verify('bea')).toMatchObject({ code: 1, said: expect.stringContaining('signature') });

  const privately = await house.reserve(await house.sale(), 'ana');
  await writeFile(inShop('token.txt'), privately.body.purchaseToken);
  expect((await verify()).code).toBe(1);

  await house.operate('POST', '/api/v1/admin/signing-keys/rotate');
  await house.signingKeys.refresh();
  const held = await house.reserve('foreign-friday', 'cat');
  await writeFile(inShop('token.txt'), held.body.purchaseToken);
  expect(await verify('cat')).toMatchObject({ code: 3 });
  await paste('node save-keys.js http://localhost:3000 > jwks.json');
  expect(await verify('cat')).toMatchObject({ code: 0 });
  // The set has both keys: what was sold before the rotation stays good.
  await writeFile(inShop('token.txt'), genuine);
  expect(await verify()).toMatchObject({ code: 0 });
});
