import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { SettingsSchema } from '../engine/contracts/settings.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));

function start(args: readonly string[], env: Record<string, string> = {}) {
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    const command = ['--import', 'tsx', main, ...args];
    execFile(process.execPath, command, { env: { ...process.env, ...env } }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}

test('--help lists every setting with what it is and its default', async () => {
  const { code, stdout } = await start(['--help']);
  expect(code).toBe(0);
  for (const name of Object.keys(SettingsSchema.properties)) expect(stdout).toMatch(`  ${name} `);
  expect(stdout).toMatch(/PORT +public HTTP and WebSocket port \(default: 3000\)/);
});

test('wrong values are a line each, without a stack, and nothing starts', async () => {
  const { code, stdout, stderr } = await start([], { PORT: 'http', WORKERS: '0' });
  expect(code).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toBe(
    'PORT: must be an integer from 1 to 65535, not "http"\nWORKERS: must be an integer from 1 to 64, not "0"\n',
  );
});
