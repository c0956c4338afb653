import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { startProvider } from './server.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

function start(env: Record<string, string>): { child: ChildProcess; stderr: () => string } {
  const child = spawn(process.execPath, ['--import', 'tsx', main], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return { child, stderr: () => text };
}

it('tells its parent when it is ready, and stops cleanly on SIGTERM', async () => {
  const { child, stderr } = start({ PROVIDER_PORT: '0' });
  const [message] = (await once(child, 'message')) as [{ kind: string; port: number }];
  expect(message.kind).toBe('ready');
  expect((await fetch(`http://127.0.0.1:${message.port}/control`)).status).toBe(200);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(stderr()).toBe('');
});

it('says in one line that its port is taken', async () => {
  const other = await startProvider('127.0.0.1', 0, {});
  const { child, stderr } = start({ PROVIDER_PORT: String(other.port) });
  expect(await once(child, 'close')).toEqual([1, null]);
  expect(stderr()).toMatch(/^payment provider simulator: 127\.0\.0\.1:\d+ is taken.*\n$/);
  other.close();
});

it('names every wrong setting', async () => {
  const { child, stderr } = start({ PROVIDER_PORT: 'x', PROVIDER_LATENCY_MS: '-1' });
  expect(await once(child, 'close')).toEqual([1, null]);
  expect(stderr()).toMatch(/PROVIDER_PORT: "x".*\n.*PROVIDER_LATENCY_MS: "-1".*\n$/);
});

it('leaves with whoever started it', async () => {
  const { child } = start({ PROVIDER_PORT: '0' });
  await once(child, 'message');
  child.disconnect();
  expect(await once(child, 'exit')).toEqual([0, null]);
});
