import { spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { Load } from './load.ts';
import { runWrk } from './wrk.ts';

const hasWrk = spawnSync('wrk', ['--version']).error === undefined;

/** Refuses everybody, one in twenty with another status; all answers are as long. */
async function refusing(usual: number, other: number): Promise<Load> {
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    const status = asked % 20 === 0 ? other : usual;
    response.statusMessage = 'No';
    response.writeHead(status, { 'Content-Length': 2 }).end('{}');
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    method: 'GET',
    path: '/',
    body: '',
    tokensFile: null,
    again: true,
    header: null,
    expects: usual,
    connections: 2,
    seconds: 1,
  };
}

test.runIf(hasWrk)('under wrk, one refusal of another status is told from the expected ones', async () => {
  const { requests } = await runWrk(await refusing(410, 410));
  expect(requests).toBeGreaterThan(0);
  await expect(runWrk(await refusing(410, 429))).rejects.toThrow(/not 410 but.*429/);
});
