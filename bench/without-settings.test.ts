import { expect, test } from 'vitest';
import { withoutSettings } from './without-settings.ts';

test('stores, providers and secrets that somebody exported are not seen, and all else is', () => {
  const exported = {
    REDIS_URL: 'redis://shop',
    DATABASE_URL: 'postgres://shop',
    PROVIDER_URL: 'https://psp',
    SECOND_PROVIDER_URL: 'https://psp2',
    SMTP_URL: 'smtp://mail',
    AUTH_SECRET: 's'.repeat(32),
    TOKEN_SECRET: 't'.repeat(32),
    RATES_FILE: '/rates.json',
  };
  expect(withoutSettings({ ...exported, PATH: '/bin', LC_ALL: 'C' })).toEqual({ PATH: '/bin', LC_ALL: 'C' });
});
