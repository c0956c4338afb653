import { isEmbedded, type Settings } from '../engine/contracts/settings.ts';
import { keptSecret } from './data-directory/kept-secret.ts';

export type CompleteSettings = Settings &
  Required<Pick<Settings, 'REDIS_URL' | 'DATABASE_URL' | 'PROVIDER_URL'>>;

/**
 * What was given, with the addresses of what was started. The embedded mode is for trying things out: it
 * makes the secrets that are missing and keeps them, hands out tokens, catches mails, and has no limit per address
 * for this machine. A provider that is simulated signs its webhooks with a secret that is made, too.
 */
export async function completeSettings(
  given: Settings,
  dataDirectory: string,
  started: { redisUrl: string; databaseUrl: string; providerUrl: string; mailUrl: string | null },
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
  if (started.mailUrl !== null) {
    settings.SMTP_URL = started.mailUrl;
    settings.MAIL_FROM ??= 'Doorbuster <orders@doorbuster.example>';
  }
  if (given.PROVIDER_URL === undefined) {
    settings.PROVIDER_WEBHOOK_SECRET ??= await keptSecret(dataDirectory, 'provider-webhook');
  }
  if (settings.AUTH_JWKS_URL === undefined) {
    settings.AUTH_SECRET ??= await keptSecret(dataDirectory, 'auth');
    settings.DEV_TOKENS ??= 'on';
  }
  return settings;
}
