import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testDatabase, testRedisUrl } from '../supervisor/fixtures/stores.ts';

const planes = [
  { name: 'gateway', script: new URL('./main.ts', import.meta.url).pathname, portSetting: 'PORT' },
  {
    name: 'operator',
    script: new URL('./operator/main.ts', import.meta.url).pathname,
    portSetting: 'OPERATOR_PORT',
  },
];

let taken: Server;
let takenPort: number;
let database: Awaited<ReturnType<typeof testDatabase>>;

beforeAll(async () => {
  taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  takenPort = (taken.address() as AddressInfo).port;
  database = await testDatabase();
});
afterAll(async () => {
  await new Promise((resolve) => taken.close(resolve));
  await database.drop();
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

interface Ended {
  code: number | null;
  isReady: boolean;
  lines: string[];
}

/** Starts a plane with these settings; it is stopped as soon as it says that it is ready. */
function run(script: string, settings: Record<string, string>): Promise<Ended> {
  const secrets = {
    AUTH_SECRET: randomBytes(32).toString('hex'),
    TOKEN_SECRET: randomBytes(32).toString('hex'),
  };
  const env = { PATH: process.env.PATH, HOST: '127.0.0.1', LOG_LEVEL: 'error', ...secrets, ...settings };
  const child = spawn(process.execPath, ['--import', 'tsx', script], {
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let text = '';
  let isReady = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      text += chunk;
    });
  }
  child.on('message', () => {
    isReady = true;
    child.kill('SIGTERM');
  });
  return new Promise((resolve) => {
    child.on('close', (code) =>
      resolve({ code, isReady, lines: text.split('\n').filter((line) => line !== '') }),
    );
  });
}

const stores = () => ({ REDIS_URL: testRedisUrl(), DATABASE_URL: database.url });

async function expectOneLine(script: string, settings: Record<string, string>, beginning: string) {
  const ended = await run(script, { ...stores(), ...settings });
  expect(ended.lines).toEqual([expect.stringContaining(beginning)]);
  expect([ended.code, ended.isReady]).toEqual([1, false]);
}

describe.each(planes)('the $name', ({ name, script, portSetting }) => {
  test('says that it is ready, and ends cleanly when asked to', async () => {
    const ended = await run(script, { ...stores(), [portSetting]: String(await freePort()) });
    expect(ended).toEqual({ isReady: true, code: 0, lines: [] });
  });

  test('says in one line that its port is taken', () =>
    expectOneLine(
      script,
      { [portSetting]: String(takenPort) },
      `${name}: port ${takenPort} on 127.0.0.1 is taken`,
    ));

  test('says in one line that there is no Postgres', () =>
    expectOneLine(script, { DATABASE_URL: 'postgres://127.0.0.1:9/x' }, `${name}: Postgres`));
});

describe('a gateway says in one line', () => {
  const { script } = planes[0] as (typeof planes)[number];
  test.each([
    ['that there is no Redis', { REDIS_URL: 'redis://127.0.0.1:9' }, 'gateway: cannot reach Redis'],
    ['which setting is wrong', { GATEWAYS: 'many' }, 'GATEWAYS: must be'],
    ['which store is not named', { REDIS_URL: '' }, 'REDIS_URL: is required'],
    ['which proxy is no address', { TRUSTED_PROXIES: 'proxy.example' }, 'TRUSTED_PROXIES: "proxy.example"'],
  ])('%s', (_, settings, beginning) => expectOneLine(script, settings, beginning));
});
