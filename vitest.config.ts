import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: configDefaults.exclude,
    globalSetup: ['supervisor/fixtures/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // No time is an assertion: these only end what hangs, also on a machine that does ten other things.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
