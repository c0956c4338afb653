import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryDirectory } from './fixtures/temporary-directory.ts';
import { testSettings } from './fixtures/test-system.ts';
import { requireFreePort } from './ports.ts';

test('npm start brings the real programs up, says where they are, and ends them on Ctrl-C', {
  timeout: 90_000,
}, async () => {
  const settings = await testSettings({ DATA_DIR: await temporaryDirectory() });
  const { HOST, PORT, OPERATOR_PORT, DATA_DIR } = settings;
  const CALCULATORS_MODULE = join(await temporaryDirectory(), 'calculators.ts');
  await writeFile(CALCULATORS_MODULE, 'export const tax = (rate: number): number => rate;');
  const supervisor = fork(new URL('./main.ts', import.meta.url), {
    env: {
      ...process.env,
      HOST,
      PORT: `${PORT}`,
      OPERATOR_PORT: `${OPERATOR_PORT}`,
      DATA_DIR,
      CALCULATORS_MODULE,
    },
    execArgv: ['--import', 'tsx'],
    silent: true,
  });
  onTestFinished(() => void supervisor.kill('SIGKILL'));
  let printed = '';
  for (const stream of [supervisor.stdout, supervisor.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
    });
  }
  const [message] = await Promise.race([once(supervisor, 'message'), once(supervisor, 'exit')]);
  expect(message, printed).toEqual({ kind: 'ready' });
  expect((await fetch(`http://127.0.0.1:${PORT}/readyz`)).status).toBe(200);
  expect(printed).toContain(`http://127.0.0.1:${OPERATOR_PORT}`);

  const [address = '', body = ''] = [/http\S+dev-token/, /\{"sub".*\}/].map(
    (part) => part.exec(printed)?.[0],
  );
  const headers = { 'content-type': 'application/json' };
  const reply = await fetch(address, { method: 'POST', headers, body });
  expect(reply.status).toBe(201);

  supervisor.kill('SIGINT');
  expect(await once(supervisor, 'exit')).toEqual([0, null]);
  await requireFreePort('PORT', HOST, PORT, 0);
  await requireFreePort('OPERATOR_PORT', settings.OPERATOR_HOST, OPERATOR_PORT, 0);
});
