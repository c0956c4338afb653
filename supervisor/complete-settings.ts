import { isEmbedded, type Settings } from '../engine/contracts/settings.ts';
import { keptSecret } from './data-directory/kept-secret.ts';

export type CompleteSettings = Settings &
  Required<Pick<Settings, 'REDIS_URL' | 'DATABASE_URL' | 'PROVIDER_URL'>>;

/**
 * What was given, with the addresses of what was started. The embedded mode is for trying things out: it
 * makes the secrets that are missing and keeps them, hands out tokens, and has no limit per address for
 * this machine.
 */
export async function completeSettings(
  given: Settings,
  dataDirectory: string,
  started: { redisUrl: string; databaseUrl: string; providerUrl: string },
): Promise<CompleteSettings> {
  const settings: CompleteSettings = {
    ...given,
    REDIS_URL: started.redisUrl,
    DATABASE_URL: started.databaseUrl,
    PROVIDER_URL: started.providerUrl,
  };
  if (!isEmbedded(given)) return settings;
  settings.TOKEN_SECRET ??= await keptSecret(dataDirectory, 'token');
  settings.RATE_EXEMPT_LOOPBACK ??= 'on';
  settings.WEBHOOK_PRIVATE_ADDRESSES ??= 'on';
  if (settings.AUTH_JWKS_URL === undefined) {
    settings.AUTH_SECRET ??= await keptSecret(dataDirectory, 'auth');
    settings.DEV_TOKENS ??= 'on';
  }
  return settings;
}
