import { expect, test } from 'vitest';
import { isEmbedded, readSettings, SettingsSchema } from './settings.ts';

const secret = 'x'.repeat(32);
const stores = { REDIS_URL: 'redis://127.0.0.1:6379', DATABASE_URL: 'postgres://u:p@127.0.0.1/db' };

function problemsOf(env: Record<string, string>): string[] {
  const read = readSettings(env);
  return read.kind === 'invalid' ? read.problems : [];
}

test('an empty environment is the embedded mode with its defaults', () => {
  const read = readSettings({ HOST: '', PATH: '/bin' });
  if (read.kind !== 'settings') throw new Error(read.problems.join());
  expect(read.settings).toMatchObject({
    PORT: 3000,
    OPERATOR_PORT: 3001,
    HOST: '127.0.0.1',
    LOG_LEVEL: 'info',
  });
  expect(read.settings).not.toHaveProperty('PATH');
  expect(isEmbedded(read.settings)).toBe(true);
});

test('the embedded mode is for this machine; given stores, and HOST, open it', () => {
  const hostOf = (env: Record<string, string>) => {
    const read = readSettings(env);
    return read.kind === 'settings' ? read.settings.HOST : read.problems;
  };
  expect(hostOf({ HOST: '0.0.0.0' })).toBe('0.0.0.0');
  expect(hostOf({ ...stores, AUTH_SECRET: secret, TOKEN_SECRET: secret })).toBe('0.0.0.0');
});

test.each([
  ['PORT', '70000', 'PORT: must be an integer from 1 to 65535, not "70000"'],
  ['PORT', '0', 'PORT: must be an integer from 1 to 65535, not "0"'],
  ['OPERATOR_PORT', 'three', 'OPERATOR_PORT: must be an integer from 1 to 65535, not "three"'],
  ['WORKERS', '1.5', 'WORKERS: must be an integer from 1 to 64, not "1.5"'],
  ['GATEWAYS', '-1', 'GATEWAYS: must be an integer from 1 to 64, not "-1"'],
  ['PORT', '1e3', 'PORT: must be an integer from 1 to 65535, not "1e3"'],
  ['DEV_TOKENS', 'maybe', 'DEV_TOKENS: must be on or off (or true, yes, 1; false, no, 0), not "maybe"'],
  [
    'LOG_LEVEL',
    'loud',
    'LOG_LEVEL: must be one of trace, debug, info, warn, error, fatal, silent, not "loud"',
  ],
  [
    'DATABASE_URL',
    'postgres://u:p@host:many/db',
    'DATABASE_URL: must be a URL that begins with postgres:// or postgresql://',
  ],
  ['PROVIDER_URL', 'ftp://x', 'PROVIDER_URL: must be a URL that begins with http:// or https://'],
])('%s=%s names itself', (name, value, line) => {
  expect(problemsOf({ [name]: value })).toEqual([line]);
});

test.each([
  ['on', ['on', 'true', 'yes', '1', 'ON', 'True']],
  ['off', ['off', 'false', 'no', '0', 'OFF', 'False']],
])('every switch is %s however that is spelt', (value, spelt) => {
  for (const name of ['DEV_TOKENS', 'WEBHOOK_PRIVATE_ADDRESSES', 'RATE_EXEMPT_LOOPBACK']) {
    for (const text of spelt) {
      expect(readSettings({ [name]: text })).toMatchObject({ settings: { [name]: value } });
    }
  }
});

test('secrets and URLs, which may hold passwords, are not repeated', () => {
  const lines = problemsOf({
    AUTH_SECRET: 'hunter2',
    TOKEN_SECRET: 'hunter2',
    REDIS_URL: 'tcp://:hunter2@cache',
    DATABASE_URL: 'mysql://root:hunter2@db',
  });
  expect(lines).toEqual([
    'REDIS_URL: must be a URL that begins with redis:// or rediss://',
    'DATABASE_URL: must be a URL that begins with postgres:// or postgresql://',
    'AUTH_SECRET: must be at least 32 characters long',
    'TOKEN_SECRET: must be at least 32 characters long',
  ]);
});

test('every wrong value is told at once', () => {
  const wrong = Object.keys(SettingsSchema.properties).filter((name) => /PORT|RATE_|DEV|LOG|S$/.test(name));
  const env = Object.fromEntries(wrong.map((name) => [name, '!']));
  const named = problemsOf(env).map((line) => line.split(':')[0]);
  expect(wrong.length).toBeGreaterThan(8);
  expect(named).toEqual(wrong.filter((name) => name !== 'TRUSTED_PROXIES'));
});

test('with stores of its own, secrets must be given', () => {
  expect(problemsOf(stores)).toEqual([
    'AUTH_SECRET: is required with REDIS_URL and DATABASE_URL (or set AUTH_JWKS_URL)',
    'TOKEN_SECRET: is required with REDIS_URL and DATABASE_URL',
  ]);
  expect(problemsOf({ ...stores, AUTH_SECRET: secret, TOKEN_SECRET: secret })).toEqual([]);
});

test('AUTH_JWKS_URL asks for issuer and audience', () => {
  expect(problemsOf({ AUTH_JWKS_URL: 'https://login.example/jwks' })).toEqual([
    'AUTH_ISSUER: is required with AUTH_JWKS_URL',
    'AUTH_AUDIENCE: is required with AUTH_JWKS_URL',
  ]);
});

test('the two planes have a port each', () => {
  expect(problemsOf({ PORT: '3001' })).toEqual(['OPERATOR_PORT: must differ from PORT']);
});

test('every setting describes itself', () => {
  for (const schema of Object.values(SettingsSchema.properties)) {
    expect(schema).toHaveProperty('description');
  }
});
