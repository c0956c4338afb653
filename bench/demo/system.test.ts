import { expect, it } from 'vitest';
import { systemEnv } from './system.ts';

const decided = {
  port: 1001,
  operatorPort: 1002,
  providerUrl: 'http://127.0.0.1:1003',
  dataDir: '/data',
  gateways: 2,
};
const stores = { REDIS_URL: 'redis://127.0.0.1', DATABASE_URL: 'postgres://127.0.0.1/x' };

it('decides ports, data and provider, and makes secrets', () => {
  const env = systemEnv(decided, { PORT: '80', DATA_DIR: '/mine', PROVIDER_URL: 'http://psp', WORKERS: '3' });
  expect(env).toMatchObject({
    PORT: '1001',
    OPERATOR_PORT: '1002',
    PROVIDER_URL: 'http://127.0.0.1:1003',
    DATA_DIR: '/data',
    GATEWAYS: '2',
    WORKERS: '3',
    DEV_TOKENS: 'on',
  });
  expect(env.AUTH_SECRET).toMatch(/^[0-9a-f]{64}$/);
  expect(env.TOKEN_SECRET).not.toBe(env.AUTH_SECRET);
  expect(env).not.toHaveProperty('RATE_ADDRESS_PER_SECOND');
});

it('lifts the limit per address for stores that are not ours, where loopback is not exempt', () => {
  expect(systemEnv(decided, stores)).toMatchObject({ ...stores, RATE_ADDRESS_PER_SECOND: '1000000' });
  expect(systemEnv(decided, { REDIS_URL: stores.REDIS_URL })).not.toHaveProperty('RATE_ADDRESS_BURST');
});

it('keeps secrets that are given, and drops foreign issuers', () => {
  const secret = 's'.repeat(40);
  const env = systemEnv(decided, { AUTH_SECRET: secret, AUTH_JWKS_URL: 'https://issuer/jwks' });
  expect(env.AUTH_SECRET).toBe(secret);
  expect(env).not.toHaveProperty('AUTH_JWKS_URL');
});

it('reaches nobody outside', () => {
  const env = systemEnv(decided, {
    SECOND_PROVIDER_URL: 'https://psp',
    SMTP_URL: 'smtp://mail',
    MAIL_FROM: 'a@b.c',
  });
  expect(env).not.toHaveProperty('SECOND_PROVIDER_URL');
  expect(env).not.toHaveProperty('SMTP_URL');
});

it('names wrong settings', () => {
  expect(() => systemEnv(decided, { GATEWAYS: 'many', TOKEN_SECRET: 'short' })).toThrow(
    /TOKEN_SECRET[\s\S]*GATEWAYS|GATEWAYS[\s\S]*TOKEN_SECRET/,
  );
});
